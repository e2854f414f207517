import EmailReplyParser from "email-reply-parser";
import { type AddressObject, type ParsedMail, simpleParser } from "mailparser";
import { replyLine } from "./reply-address.ts";

/** What of a mail that arrived matters here. */
export interface IncomingMail {
  readonly messageId: string | null;
  /** In lower case; null when it names nobody, or several. */
  readonly from: string | null;
  /** Whom it was for, in lower case. */
  readonly recipients: readonly string[];
  /** A machine sent it on its own: an absence notice, a list, a bounce (RFC 3834 §2). */
  readonly isAutomatic: boolean;
  /** Of a delivery status notification (RFC 3464 §2.3.4): `5.1.1`; null when it is none, or one of success or delay. */
  readonly failedForGood: string | null;
  /** What was written anew: without quoted text and signature. */
  readonly reply: string;
}

/** @throws Error when it is no mail */
export async function readMail(raw: Buffer): Promise<IncomingMail> {
  const mail = await simpleParser(raw, { skipImageLinks: true, skipTextToHtml: true, maxHtmlLengthToParse: 1_000_000 });
  const header = (name: string) =>
    String(mail.headerLines.find(({ key }) => key === name)?.line ?? "")
      .slice(name.length + 1)
      .trim();
  const [sender, ...others] = addressesIn(mail.from);
  const envelope = ["delivered-to", "x-original-to", "envelope-to"].map(header);
  return {
    messageId: mail.messageId ?? null,
    from: sender && others.length === 0 ? sender : null,
    recipients: [...addressesIn(mail.to), ...addressesIn(mail.cc), ...envelope.map(bare).filter(Boolean)],
    isAutomatic:
      !/^(no)?$/i.test(
        header("auto-submitted")
          .replace(/[;(].*/s, "")
          .trim(),
      ) ||
      /^(bulk|junk|list|auto_reply)$/i.test(header("precedence")) ||
      /^(yes|all|oof|autoreply)/i.test(header("x-autoreply") || header("x-autorespond")) ||
      header("return-path") === "<>" ||
      header("list-id") !== "",
    failedForGood: failureOf(mail, raw),
    reply: newWordsOf(mail.text ?? ""),
  };
}

const bare = (address: string) =>
  address
    .replace(/^.*<|>.*$/g, "")
    .trim()
    .toLowerCase();

const addressesIn = (given: AddressObject | AddressObject[] | undefined): string[] =>
  [given ?? []]
    .flat()
    .flatMap(({ value }) =>
      value.flatMap(({ address, group }) =>
        (group ?? [{ address }]).flatMap(({ address }) => address?.toLowerCase() ?? []),
      ),
    );

function failureOf(mail: ParsedMail, raw: Buffer): string | null {
  const { params } = (mail.headers.get("content-type") ?? {}) as { params?: Record<string, string> };
  if (params?.["report-type"] !== "delivery-status") return null;
  const text = raw.toString("latin1", 0, 100_000);
  if (!/^action:\s*failed\b/im.test(text)) return null;
  return /^status:\s*(5\.\d{1,3}\.\d{1,3})/im.exec(text)?.[1] ?? null;
}

function newWordsOf(text: string): string {
  const [above = ""] = text.slice(0, 200_000).split(replyLine);
  return new EmailReplyParser().read(above).getVisibleText().trim();
}
