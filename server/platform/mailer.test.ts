import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "../config.ts";
import { addressesOf, openMailServer } from "../testing/mail.ts";
import type { Mailer, OutgoingMail } from "./mail-message.ts";
import { openMailer } from "./mailer.ts";
import { listKeptMail, readKeptMail } from "./mailer-directory.ts";

const mail = (id: string, more: Partial<OutgoingMail> = {}): OutgoingMail => ({
  messageId: `<${id}@example.test>`,
  to: { name: "Grace Größe", address: "grace@example.test" },
  subject: "Grüße, 世界",
  text: "Hello\n",
  html: "<p>Hello</p>",
  ...more,
});

interface Opened {
  readonly mailer: Mailer;
  /** What was taken. */
  taken(): Promise<ParsedMail[]>;
}

async function toServer(): Promise<Opened> {
  const server = await openMailServer();
  const config = readConfig({ NODE_ENV: "test", SMTP_URL: server.url, MAIL_FROM: "Taskwire <taskwire@example.test>" });
  return { mailer: openMailer(config) as Mailer, taken: async () => server.arrived };
}

async function toDirectory(): Promise<Opened> {
  const DATA_DIR = await mkdtemp(join(tmpdir(), "mail-"));
  onTestFinished(() => rm(DATA_DIR, { recursive: true }));
  const config = readConfig({ NODE_ENV: "test", DATA_DIR, MAIL_FROM: "Taskwire <taskwire@example.test>" });
  const read = async ({ id }: { id: string }) => {
    expect((await stat(join(DATA_DIR, "mail", `${id}.eml`))).mode & 0o077).toBe(0);
    return simpleParser((await readKeptMail(config, id)) as Buffer);
  };
  const taken = async () => Promise.all((await listKeptMail(config)).toReversed().map(read));
  return { mailer: openMailer(config) as Mailer, taken };
}

describe.each([
  ["an SMTP server", toServer],
  ["a directory", toDirectory],
] as const)("%s", (_, open) => {
  const opened = async () => {
    const { mailer, taken } = await open();
    onTestFinished(() => mailer.close());
    return { mailer, taken };
  };

  test("takes a message as it is", async () => {
    const { mailer, taken } = await opened();
    await mailer.check();
    await mailer.send(
      mail("one", {
        replyTo: { name: "Taskwire", address: "reply+x@reply.example.test" },
        references: ["<t-root@example.test>"],
        headers: { "Auto-Submitted": "auto-generated" },
      }),
    );
    const [arrived] = await taken();
    expect(arrived).toMatchObject({ messageId: "<one@example.test>", subject: "Grüße, 世界", html: "<p>Hello</p>" });
    expect(arrived?.text?.trim()).toBe("Hello");
    expect(addressesOf(arrived?.from)).toEqual(["taskwire@example.test"]);
    expect(addressesOf(arrived?.to)).toEqual(["grace@example.test"]);
    expect(addressesOf(arrived?.replyTo)).toEqual(["reply+x@reply.example.test"]);
    expect(arrived?.inReplyTo).toBe("<t-root@example.test>");
    expect(arrived?.headers.get("auto-submitted")).toBe("auto-generated");
  });

  test("takes several at once", async () => {
    const { mailer, taken } = await opened();
    const ids = Array.from({ length: 12 }, (_, n) => `n${n}`);
    await Promise.all(ids.map((id) => mailer.send(mail(id))));
    const arrived = (await taken()).map(({ messageId }) => messageId);
    expect(arrived.sort()).toEqual(ids.map((id) => `<${id}@example.test>`).sort());
  });

  test("lets nothing in a name or a subject become a header, or a file", async () => {
    const { mailer, taken } = await opened();
    const to = { name: 'Eve"\r\nBcc: eve@evil.test', address: "grace@example.test" };
    await mailer.send(mail("two", { to, subject: "Hi\r\nBcc: eve@evil.test" }));
    const [arrived] = await taken();
    expect(arrived?.headers.has("bcc")).toBe(false);
    expect(addressesOf(arrived?.to)).toEqual(["grace@example.test"]);
  });
});

test("in production none is sent where no server is named", () => {
  const production = {
    DATABASE_URL: "postgres://db/taskwire",
    JWT_PRIVATE_KEY: "key",
    PUBLIC_URL: "https://a.example",
  };
  expect(openMailer(readConfig({ NODE_ENV: "production", ...production }))).toBeNull();
});

test("a server that does not answer is no server", async () => {
  const server = await openMailServer();
  await server.close();
  const mailer = openMailer(readConfig({ NODE_ENV: "test", SMTP_URL: server.url, MAIL_FROM: "a@example.test" }));
  await expect(mailer?.check()).rejects.toThrow();
  await expect(mailer?.send(mail("three"))).rejects.toMatchObject({ code: expect.any(String) });
  await mailer?.close();
});
