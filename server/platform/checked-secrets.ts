import { createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const secretLength = 43; // 62^43 > 2^256
const checksumLength = 6; // 62^6 > 2^32

/** A number's digits to the base 62, filled up from the left. */
function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = digits[Number(rest % 62n)] + text;
  return text;
}

const checksumOf = (text: string) => base62(BigInt(crc32(text)), checksumLength);

/**
 * 256 bits as a text that scanners for leaked secrets find without false alarms: a prefix that tells what it is, letters
 * and digits only, and a checksum (CRC-32) of all before it, as GitHub's tokens have it
 * (https://github.blog/engineering/behind-githubs-new-authentication-token-formats/).
 */
function checkedSecret(prefix: string, bytes: Buffer): string {
  const text = prefix + base62(BigInt(`0x${bytes.toString("hex")}`), secretLength);
  return text + checksumOf(text);
}

export const randomCheckedSecret = (prefix: string) => checkedSecret(prefix, randomBytes(32));

/** The same for the same purpose: to be told again, although it is kept nowhere. */
export const derivedCheckedSecret = (prefix: string, secret: string, purpose: string) =>
  checkedSecret(prefix, createHmac("sha256", secret).update(purpose).digest());

/** Whether a text is one of these at all; whether it holds, only its hash in the database tells. */
export function isCheckedSecret(prefix: string, text: string): boolean {
  if (!text.startsWith(prefix) || text.length !== prefix.length + secretLength + checksumLength) return false;
  return checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** What people tell their tokens apart by: the last four characters. */
export const hintOf = (secret: string) => secret.slice(-4);
