import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { identityUnlinked, twoFactorDisabled } from "./auth.events.ts";
import type { UserView } from "./auth.view.ts";
import { turnTwoFactorOff } from "./disable-totp.ts";
import { type IdentityView, identityColumns } from "./identity.view.ts";
import { endAllApiTokens } from "./revoke-api-token.ts";

const dropStatement = statement(
  "identities.drop",
  `delete from auth.identities i where i.user_id = $1 returning ${identityColumns}`,
);

/**
 * Takes identities, API tokens and the second factor from an account whose address nobody had proved, within a transaction: whoever
 * opened it with somebody else's address would keep a way in, or keep its owner out.
 */
export async function dropWaysIn(ctx: Ctx, user: UserView): Promise<UserView> {
  for (const identity of await ctx.sql.query<IdentityView>(dropStatement, [user.id]))
    record(ctx, identityUnlinked, identity, null);
  await endAllApiTokens(ctx, user.id);
  if (!user.twoFactorSince) return user;
  return record(ctx, twoFactorDisabled, user, await turnTwoFactorOff(ctx, user.id));
}
