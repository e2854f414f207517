import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";
import { keepsMail } from "./dev-mail.ts";

const scene = sceneOf();
const get = async (path: string) => {
  const answer = await fetch(scene().url + path);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};
const letter = (subject: string) => ({
  messageId: `<${subject.length}@example.test>`,
  to: { name: "Ann <i>", address: "ann@example.test" },
  subject,
  html: "<p>Hello</p><script>alert(1)</script>",
  text: "Hello & welcome",
  headers: {},
});

test("kept mail is listed, and shown so that nothing in it runs", async () => {
  expect((await get("/dev/mail")).text).toContain("No mail was sent yet");
  await scene().app.mailer?.send(letter("<b>First</b>"), AbortSignal.timeout(10_000));

  const list = await get("/dev/mail");
  expect(list.text).toContain("&lt;b&gt;First&lt;/b&gt;");
  expect(list.text).not.toContain("<b>First");
  const [, path = ""] = /href="(\/dev\/mail\/[0-9a-f]{32})"/.exec(list.text) ?? [];

  const shown = await get(path);
  expect(shown.text).toContain("Hello &amp; welcome");
  expect(shown.text).toMatch(/<iframe sandbox src="[^"]+\/html"/);
  expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
  const html = await get(`${path}/html`);
  expect(html.text).toContain("<p>Hello</p>");
  expect(html.headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
  expect((await get(`${path}/raw`)).text).toMatch(/^Subject: <b>First<\/b>/m);
});

test.for(["/dev/mail/0", `/dev/mail/${"0".repeat(32)}`, "/dev/mail/..%2f..%2fsecrets"])(
  "%s is not there",
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test.for([
  [{ NODE_ENV: "development" }, true],
  [{ NODE_ENV: "development", SMTP_URL: "smtp://mail:25" }, false],
  [{ NODE_ENV: "production" }, false],
] as const)("with %o mail is kept: %s", ([settings, kept]) => {
  expect(keepsMail({ ...scene().app.config, SMTP_URL: undefined, ...settings })).toBe(kept);
});
