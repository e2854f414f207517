import { once } from "node:events";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";

/** A message that arrived, and the envelope around it. */
export interface ArrivedMail extends ParsedMail {
  readonly recipient: string;
  readonly returnPath: string;
  readonly raw: Buffer;
}

export interface MailServer {
  /** For `SMTP_URL`. */
  readonly url: string;
  /** In the order of arrival. */
  readonly arrived: ArrivedMail[];
  /** What it says to who wants to send to an address, or sends a message; null: welcome. Changed as a test goes on. */
  refuse: { recipient(address: string): string | null; message(): string | null };
  close(): Promise<void>;
}

/** A real SMTP server, until the test ends. */
export async function openMailServer(port = 0): Promise<MailServer> {
  const arrived: ArrivedMail[] = [];
  const refuse: MailServer["refuse"] = { recipient: () => null, message: () => null };
  const said = (reply: string | null) => {
    if (reply === null) return null;
    const [code = "", ...words] = reply.split(" ");
    return Object.assign(new Error(words.join(" ")), { responseCode: Number(code) });
  };
  const server = new SMTPServer({
    authOptional: true,
    closeTimeout: 100, // of connections that are kept
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo: ({ address }, _session, done) => done(said(refuse.recipient(address))),
    async onData(stream, { envelope }, done) {
      const raw = Buffer.concat(await stream.toArray());
      const refused = said(refuse.message());
      if (!refused) {
        const { mailFrom, rcptTo } = envelope;
        const recipient = rcptTo[0]?.address ?? "";
        const returnPath = mailFrom ? mailFrom.address : "";
        arrived.push(Object.assign(await simpleParser(raw), { recipient, returnPath, raw }));
      }
      done(refused);
    },
  });
  const listening = server.listen(port, "127.0.0.1");
  await once(listening, "listening");
  const { port: taken } = listening.address() as { port: number };
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= new Promise<void>((done) => server.close(() => done())));
  onTestFinished(close);
  return { url: `smtp://127.0.0.1:${taken}`, arrived, refuse, close };
}

/** The addresses of a header. */
export const addressesOf = (header: AddressObject | AddressObject[] | undefined): string[] =>
  [header ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address ?? ""));
