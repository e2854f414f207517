import type { PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { audit } from "../audit.ts";
import { email } from "../fields.ts";

/** An address that gets essential letters only. */
interface SuppressedAddress {
  readonly address: string;
  readonly reason: "bounce" | "complaint";
  readonly detail: string | null;
  readonly createdAt: string;
}

const suppressStatement = statement(
  "mail.suppress",
  `insert into notifications.suppressed_addresses (address, reason, detail) values (lower($1), $2, left($3, 300))
  on conflict (address) do update set reason = excluded.reason, detail = excluded.detail`,
);

/** From now on only essential letters are sent to an address. */
export async function suppressAddress(
  ctx: PublicCtx,
  address: string,
  reason: SuppressedAddress["reason"],
  detail: string,
): Promise<void> {
  await ctx.sql.query(suppressStatement, [address, reason, detail]);
}

const listStatement = statement(
  "mail.suppressed",
  `select address, reason, detail, created_at as "createdAt" from notifications.suppressed_addresses
  order by created_at desc, address limit $1`,
);

/** The latest first; for an operator. */
export const listSuppressed = (ctx: PublicCtx, limit: number): Promise<SuppressedAddress[]> =>
  ctx.sql.query<SuppressedAddress>(listStatement, [limit]);

const liftStatement = statement(
  "mail.lift",
  `delete from notifications.suppressed_addresses s where s.address = $1
  returning s.address, s.reason, s.detail, (select u.id from auth.users u where u.email = s.address) as "userId"`,
);

/**
 * Letters of all kinds are sent to an address again; for an operator who was told that mail arrives there now, and is
 * wanted.
 *
 * @throws AppError `not-found` (it was not suppressed)
 */
export const liftSuppression = (ctx: PublicCtx, address: string): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    type Lifted = Omit<SuppressedAddress, "createdAt"> & { userId: string | null };
    const [lifted] = await ctx.sql.query<Lifted>(liftStatement, [email.parse(address)]);
    if (!lifted) throw notFound("suppressed address");
    const { userId, ...before } = lifted;
    await audit(ctx, {
      action: "mail.suppression-lifted",
      subjectId: userId,
      target: { type: "address", id: null },
      before,
    });
  });
