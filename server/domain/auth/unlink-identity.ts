import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { identityUnlinked } from "./auth.events.ts";
import { type IdentityView, identityColumns } from "./identity.view.ts";
import { lockUser } from "./second-factor.ts";

export const unlinkIdentityInput = z.object({ identityId: id });

const removeStatement = statement(
  "identity.remove",
  `delete from auth.identities i where i.id = $1 and i.user_id = $2 returning ${identityColumns}`,
);
const othersStatement = statement(
  "identity.others",
  "select 1 from auth.identities where user_id = $1 and provider = any($2) limit 1",
);

/**
 * Ends that the caller can sign in with an identity; sessions go on.
 *
 * @throws AppError `not-found` (also another person's) | `rule.broken` ("identity.last": it is the only way in)
 */
export const unlinkIdentity = (ctx: Ctx, input: z.output<typeof unlinkIdentityInput>): Promise<IdentityView> =>
  inTransaction(ctx, async (ctx) => {
    const user = await lockUser(ctx, ctx.actor.userId); // so that two cannot both leave the other one
    const [identity] = await ctx.sql.query<IdentityView>(removeStatement, [input.identityId, user.id]);
    if (!identity) throw notFound("identity", input.identityId);
    const offered = [...ctx.app.identityProviders.keys()];
    if (!user.hasPassword && (await ctx.sql.query(othersStatement, [user.id, offered])).length === 0)
      throw ruleBroken("identity.last", "This is your only way to sign in; set a password or link another one first.");
    record(ctx, identityUnlinked, identity, null);
    return identity;
  });
