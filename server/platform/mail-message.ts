import type { SendMailOptions } from "nodemailer";
import type { Config } from "../config.ts";

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** A message as it leaves. */
export interface OutgoingMail {
  /** With its angle brackets. A repeat has the same, so that whoever receives both can tell. */
  readonly messageId: string;
  readonly to: Mailbox;
  readonly replyTo?: Mailbox;
  /** Where failures are reported to (RFC 5321 §4.5.5); default: the sender's address. */
  readonly returnPath?: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Message-IDs of the conversation it belongs to, the first one first. */
  readonly references?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Hands mail over; that it was taken does not mean that it arrives. */
export interface Mailer {
  /** @throws MailRefused for good | Error when it may be taken later */
  send(mail: OutgoingMail, signal?: AbortSignal): Promise<void>;
  /** @throws Error while mail cannot be handed over */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The server will never take this message (RFC 5321 §4.2.1: 5yz). */
export class MailRefused extends Error {
  /** The recipient's address is what it refused: nothing will arrive there. */
  readonly isAddressDead: boolean;

  constructor(response: string, isAddressDead: boolean) {
    super(response);
    this.name = "MailRefused";
    this.isAddressDead = isAddressDead;
  }
}

/** Who mail is from: `MAIL_FROM`, or Taskwire at the host of `PUBLIC_URL`. */
const senderOf = (config: Config): string =>
  config.MAIL_FROM ?? `Taskwire <taskwire@${new URL(config.publicUrl).hostname}>`;

/** The domain of the sender, which its Message-IDs carry. */
export const senderDomain = (config: Config): string =>
  /@([^\s<>@]+)>?\s*$/.exec(senderOf(config))?.[1]?.toLowerCase() ?? "localhost";

/** As nodemailer takes it. Nothing in a message may name a file or an address to read from. */
export function asNodemailer(config: Config, mail: OutgoingMail): SendMailOptions {
  const from = senderOf(config);
  const { messageId, to, replyTo, returnPath, subject, html, text, references = [], headers = {} } = mail;
  const last = references.at(-1);
  return {
    from,
    to: { ...to },
    messageId,
    subject,
    text,
    html,
    headers: { ...headers },
    ...(replyTo ? { replyTo: { ...replyTo } } : {}),
    ...(last ? { references: [...references], inReplyTo: last } : {}),
    envelope: { from: returnPath ?? addressOf(from), to: to.address },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** `a@b.example` of `Name <a@b.example>`. */
const addressOf = (mailbox: string) => /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox.trim();
