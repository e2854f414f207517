import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { derivedSecret, hashOfSecret, randomSecret, sameSecret } from "../../platform/secrets.ts";
import { signingKeyPem } from "../../platform/signing-key.ts";
import { statement } from "../../platform/sql.ts";

/** What a link in a letter is for, and how many minutes it holds. */
const lifeMinutes = { "verify-email": 24 * 60, "reset-password": 30, "change-email": 60 };
export type ProofPurpose = keyof typeof lifeMinutes;

const prefix = "twm_";

/** The 256-bit token of a letter: kept nowhere, it follows from the salt and the server's key when the letter is composed. */
function tokenOf({ app: { config } }: PublicCtx, proofId: string, salt: string): string {
  const secret = config.JWT_PRIVATE_KEY ?? signingKeyPem(config.DATA_DIR);
  return prefix + derivedSecret(secret, `mail-proof:${proofId}:${salt}`);
}

const issueStatement = statement(
  "mail-proof.issue",
  `insert into auth.mail_proofs (id, user_id, purpose, email, token_hash, token_salt, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (user_id, purpose) do update set id = excluded.id, email = excluded.email, token_hash = excluded.token_hash,
    token_salt = excluded.token_salt, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = null`,
);

/**
 * Makes a link to be sent to an address, within a transaction; an earlier one of the same purpose is void.
 *
 * @returns the proof's id, for a letter
 */
export async function issueMailProof(
  ctx: PublicCtx,
  { userId, purpose, email }: { userId: string; purpose: ProofPurpose; email: string },
): Promise<string> {
  const proofId = v7();
  const salt = randomSecret();
  const hash = hashOfSecret(tokenOf(ctx, proofId, salt));
  const expiresAt = new Date(ctx.now.getTime() + lifeMinutes[purpose] * 60_000);
  await ctx.sql.query(issueStatement, [proofId, userId, purpose, email, hash, salt, ctx.now, expiresAt]);
  return proofId;
}

const letterStatement = statement(
  "mail-proof.letter",
  `select p.email, u.name, p.token_salt as salt, p.token_hash as hash, u.email as "accountEmail"
  from auth.mail_proofs p join auth.users u on u.id = p.user_id
  where p.id = $1 and p.used_at is null and p.expires_at > now() and u.disabled_at is null`,
);

/** What a letter says; null when its link holds no more, so that there is nothing to send. */
export async function readMailProof(ctx: PublicCtx, proofId: string) {
  const [proof] = await ctx.sql.query<{
    email: string;
    name: string;
    salt: string;
    hash: string;
    accountEmail: string;
  }>(letterStatement, [proofId]);
  if (!proof) return null;
  const token = tokenOf(ctx, proofId, proof.salt);
  if (!sameSecret(hashOfSecret(token), proof.hash)) return null; // made under another key
  return { token, email: proof.email, name: proof.name, accountEmail: proof.accountEmail };
}

/** A proof whose token was presented. */
export interface PresentedProof {
  id: string;
  userId: string;
  email: string;
  /** It is good once; who has used it and did not hear the answer may ask again. */
  used: boolean;
}

const presentStatement = statement(
  "mail-proof.present",
  `select p.id, p.user_id as "userId", p.email, p.used_at is not null as used, p.expires_at <= now() as expired
  from auth.mail_proofs p join auth.users u on u.id = p.user_id
  where p.token_hash = $1 and p.purpose = $2 and u.disabled_at is null`,
);
const useStatement = statement(
  "mail-proof.use",
  "update auth.mail_proofs set used_at = $2 where id = $1 and used_at is null returning id",
);

/** @throws AppError `auth.invalid` | `auth.expired` */
export async function presentMailProof(ctx: PublicCtx, token: string, purpose: ProofPurpose): Promise<PresentedProof> {
  const [proof] = await ctx.sql.query<PresentedProof & { expired: boolean }>(presentStatement, [
    hashOfSecret(token),
    purpose,
  ]);
  if (!proof) throw linkOver();
  const { expired, ...presented } = proof;
  if (expired) throw new AppError("auth.expired", "This link has expired; ask for a new one.");
  return presented;
}

/** Within a transaction: of two uses one takes place. @throws AppError `auth.invalid` */
export async function useMailProof(ctx: PublicCtx, proofId: string): Promise<void> {
  const used = await ctx.sql.query(useStatement, [proofId, ctx.now]);
  if (used.length === 0) throw linkOver();
}

const voidStatement = statement(
  "mail-proof.void",
  "delete from auth.mail_proofs where user_id = $1 and purpose = any($2) and used_at is null",
);

/** Links that were sent before something made them dangerous, such as a change of the password. */
export const voidMailProofs = (ctx: PublicCtx, userId: string, purposes: readonly ProofPurpose[]) =>
  ctx.sql.query(voidStatement, [userId, purposes]);

export const linkOver = () => new AppError("auth.invalid", "This link does not hold any more; ask for a new one.");
