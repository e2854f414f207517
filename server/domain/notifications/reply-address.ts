import { timingSafeEqual } from "node:crypto";
import { parse, validate } from "uuid";
import type { Config } from "../../config.ts";
import type { Answerable } from "../letters.ts";
import { fromBase32, mark, toBase32 } from "./letter.code.ts";

/** So many bytes prove that we gave the address away: 96 bits, and an address has room for 64 characters (RFC 5321 §4.5.3.1.1). */
const proofBytes = 12;
const kinds = ["task", "comment"] as const;

/** Above it, an answer has nothing but its own words. */
export const replyLine = "--- Reply above this line to comment ---";

const signed = (config: Config, words: Buffer, userId: string) =>
  mark(config, "reply-address", Buffer.concat([words, parse(userId)]), proofBytes);

/**
 * Where an answer to a letter goes: `reply+<token>@MAIL_REPLY_DOMAIN`. The token names what is answered, and proves that
 * this person was given it; whose it is, it does not say.
 */
export function replyAddress(config: Config, domain: string, { kind, id, userId }: Answerable): string {
  const words = Buffer.from([kinds.indexOf(kind), ...parse(id)]);
  return `reply+${toBase32(Buffer.concat([words, signed(config, words, userId)]))}@${domain}`;
}

/** What an address says is answered, before anything is proven; null when it is none of ours. */
export interface ReplyTarget extends Omit<Answerable, "userId"> {
  /** Whether the address was given to this person. */
  wasGivenTo(userId: string): boolean;
}

export function readReplyAddress(config: Config, address: string): ReplyTarget | null {
  const [, token, domain] = /^reply\+([a-z2-7]+)@(.+)$/.exec(address.toLowerCase()) ?? [];
  if (!token || domain !== config.MAIL_REPLY_DOMAIN) return null;
  const bytes = fromBase32(token);
  const kind = kinds[bytes?.[0] ?? kinds.length];
  if (bytes?.length !== 17 + proofBytes || !kind) return null;
  const words = bytes.subarray(0, 17);
  const id = words.toString("hex", 1).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  if (!validate(id)) return null;
  const proof = bytes.subarray(17);
  return {
    kind,
    id,
    wasGivenTo: (userId) => timingSafeEqual(proof, signed(config, words, userId)),
  };
}
