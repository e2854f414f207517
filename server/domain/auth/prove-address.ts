import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { emailVerified } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";

const proveStatement = statement(
  "address.prove",
  `update auth.users u set email_verified_at = $2, version = u.version + 1, updated_at = $2
  where u.id = $1 returning ${userColumns}`,
);

/** Notes that a person reads mail to their address, within a transaction that has locked the account. */
export async function proveAddress(ctx: PublicCtx, user: UserView): Promise<UserView> {
  if (user.emailVerifiedAt) return user;
  const [proved] = await ctx.sql.query<UserView>(proveStatement, [user.id, ctx.now]);
  return record(ctx, emailVerified, user, proved as UserView);
}
