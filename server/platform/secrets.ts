import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits, as URL-safe text behind a prefix that tells what they are. */
export const randomSecret = (prefix = "") => prefix + randomBytes(32).toString("base64url");

/** What is kept of a random secret: nobody can guess 256 bits, so a fast hash is enough (unlike for passwords). */
export const hashOfSecret = (secret: string) => createHash("sha256").update(secret).digest("base64url");

/** A secret for one purpose that only who knows `secret` can compute: HMAC-SHA-256. */
export const derivedSecret = (secret: string, purpose: string) =>
  createHmac("sha256", secret).update(purpose).digest("base64url");

/** Compares in constant time. */
export const sameSecret = (a: string, b: string) =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
