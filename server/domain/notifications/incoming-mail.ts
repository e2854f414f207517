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
  /**
   * Of a complaint by a feedback loop (RFC 5965): what may be the code of the letter that somebody called abuse; null when
   * it is no complaint.
   */
  readonly complainedOf: readonly string[] | null;
  /** What was written anew: without quoted text and signature. */
  readonly reply: string;
  /** Files that came with it; without signatures of the mail, and pictures that are only part of its looks. */
  readonly attachments: readonly { readonly name: string; readonly content: Buffer }[];
}

/** Logos and pixels of signatures are smaller, pictures that somebody put into the text are not. */
const leastPictureBytes = 8_192;
const signatures = /^application\/(x-)?(pgp-signature|pkcs7-signature)$/i;

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
    complainedOf: complaintIn(mail, raw),
    reply: newWordsOf(mail.text ?? ""),
    attachments: mail.attachments
      .filter(({ related, size }) => !related || size >= leastPictureBytes)
      .filter(({ contentType }) => !signatures.test(contentType))
      .map(({ filename, contentType, content }) => ({ name: filename ?? nameFor(contentType), content })),
  };
}

/** Of an attachment that has none. */
const nameFor = (contentType: string) => `attachment.${/^\w+\/([a-z0-9]{2,8})$/i.exec(contentType)?.[1] ?? "bin"}`;

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

/** What kind of report (RFC 6522) a mail is. */
function reportType(mail: ParsedMail): string | undefined {
  const { params } = (mail.headers.get("content-type") ?? {}) as { params?: Record<string, string> };
  return params?.["report-type"]?.toLowerCase();
}

function failureOf(mail: ParsedMail, raw: Buffer): string | null {
  if (reportType(mail) !== "delivery-status") return null;
  const text = raw.toString("latin1", 0, 100_000);
  if (!/^action:\s*failed\b/im.test(text)) return null;
  return /^status:\s*(5\.\d{1,3}\.\d{1,3})/im.exec(text)?.[1] ?? null;
}

/** `not-spam` and the like are no complaints. Providers hide whom a letter was for, and leave what it was called. */
function complaintIn(mail: ParsedMail, raw: Buffer): string[] | null {
  if (reportType(mail) !== "feedback-report") return null;
  const text = raw.toString("latin1", 0, 200_000);
  if (!/^feedback-type:\s*(abuse|fraud)\b/im.test(text)) return null;
  const called = /^(?:message-id|return-path|original-mail-from):\s*<?(?:bounce\+)?([a-z2-7]{24})@/gim;
  return [...text.matchAll(called)].slice(0, 10).map(([, code = ""]) => code.toLowerCase());
}

function newWordsOf(text: string): string {
  const [above = ""] = text.slice(0, 200_000).split(replyLine);
  return new EmailReplyParser().read(above).getVisibleText().trim();
}
