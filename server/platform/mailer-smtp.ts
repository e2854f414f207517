import { createTransport } from "nodemailer";
import type { Config } from "../config.ts";
import { saysAddressIsDead } from "./delivery-status.ts";
import { asNodemailer, type Mailer, MailRefused } from "./mail-message.ts";

/** Readiness is asked once a second; a greeting of the server holds for longer. */
const recheckMs = 30_000;

/** Hands mail to an SMTP server, over connections that are kept. What stands in the url's query wins. */
export function openSmtpMailer(config: Config, url: string): Mailer {
  const transport = createTransport({
    url: withDefaults(url),
    pool: true,
    maxConnections: 5,
    maxMessages: Number.POSITIVE_INFINITY,
    maxRequeues: 0, // the job tries again, and knows that it did
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let greeted: { at: number; answer: Promise<unknown> } | null = null;

  return {
    async send(mail, signal) {
      try {
        await transport.sendMail({ ...asNodemailer(config, mail), ...(signal ? { signal } : {}) });
      } catch (error) {
        throw refusalOf(error) ?? error;
      }
    },
    async check() {
      if (!greeted || Date.now() - greeted.at > recheckMs) {
        greeted = { at: Date.now(), answer: transport.verify() };
        greeted.answer.catch(() => {
          greeted = null; // asked again at once, to notice when it is back
        });
      }
      await greeted.answer;
    },
    async close() {
      transport.close();
    },
  };
}

function withDefaults(url: string): string {
  const parsed = new URL(url);
  const timeouts = { connectionTimeout: "10000", greetingTimeout: "10000", socketTimeout: "30000", dnsTimeout: "5000" };
  for (const [name, value] of Object.entries(timeouts))
    if (!parsed.searchParams.has(name)) parsed.searchParams.set(name, value);
  return parsed.href;
}

interface SmtpFailure {
  command?: string;
  response?: string;
  responseCode?: number;
  rejectedErrors?: SmtpFailure[];
}

/**
 * What the server will never take. A refused sign-in, and a reply to anything but the message itself, is a matter of the
 * configuration: it passes when that is mended.
 */
function refusalOf(error: unknown): MailRefused | null {
  const { rejectedErrors, ...own } = error as SmtpFailure;
  const { command, response = "", responseCode = 0 } = rejectedErrors?.[0] ?? own;
  if (responseCode < 500 || responseCode > 599 || responseCode === 503) return null;
  if (!["MAIL FROM", "RCPT TO", "DATA"].includes(command ?? "")) return null;
  return new MailRefused(response, command === "RCPT TO" && saysAddressIsDead(response, responseCode));
}
