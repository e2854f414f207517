import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";

const removeStatement = statement(
  "proofs.remove-expired",
  `with codes as (delete from auth.exchange_codes where expires_at <= now()),
    challenges as (delete from auth.challenges where expires_at <= now())
  delete from auth.mail_proofs where expires_at <= now()`,
);

/** Removes what nobody can prove anything with any more; for a worker to call now and then. */
export async function removeExpiredProofs(ctx: PublicCtx): Promise<void> {
  await ctx.sql.query(removeStatement);
}
