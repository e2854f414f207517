import { createHmac } from "node:crypto";
import type { Config } from "../../config.ts";
import { senderDomain } from "../../platform/mail-message.ts";
import { serverSecret } from "../../platform/server-key.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** Base32 (RFC 4648 §6) in lower case and without padding: mail servers may change the case of addresses. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

/** null when it is none. */
export function fromBase32(text: string): Buffer | null {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text.toLowerCase()) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 255);
    value &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}

/** The first `length` bytes of an HMAC-SHA-256 with a secret of the server. */
export const mark = (config: Config, purpose: string, words: string | Uint8Array, length: number): Buffer =>
  createHmac("sha256", serverSecret(config, purpose)).update(words).digest().subarray(0, length);

/** 120 bits that only who has the letter, or this server, can know: it stands in its Message-ID. */
export const letterCode = (config: Config, messageKey: string): string =>
  toBase32(mark(config, "letter", messageKey, 15));

export const messageIdOf = (config: Config, code: string): string => `<${code}@${senderDomain(config)}>`;

/**
 * The Message-ID that a conversation's letters to one person refer to. No letter has it; mail programs keep together
 * what refers to the same (RFC 5256 §2.2), whichever letter arrives first or is deleted.
 */
export const threadIdOf = (config: Config, thread: string, address: string): string =>
  messageIdOf(config, `t-${letterCode(config, `thread:${thread}:${address}`)}`);
