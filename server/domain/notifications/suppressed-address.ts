import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";

const suppressStatement = statement(
  "mail.suppress",
  `insert into notifications.suppressed_addresses (address, reason, detail) values (lower($1), $2, left($3, 300))
  on conflict (address) do update set reason = excluded.reason, detail = excluded.detail`,
);

/** From now on only essential letters are sent to an address. */
export async function suppressAddress(
  ctx: PublicCtx,
  address: string,
  reason: "bounce" | "complaint",
  detail: string,
): Promise<void> {
  await ctx.sql.query(suppressStatement, [address, reason, detail]);
}
