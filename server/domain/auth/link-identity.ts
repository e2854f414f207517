import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { type ExchangeInput, redeemExchangeCode } from "./exchange-code.ts";
import { type IdentityView, identityColumns } from "./identity.view.ts";
import { insertIdentity } from "./join-identity.ts";
import { proveAddress } from "./prove-address.ts";
import { lockUser } from "./second-factor.ts";

const ownStatement = statement(
  "identity.own",
  `select ${identityColumns} from auth.identities i where i.user_id = $1 and i.issuer = $2 and i.subject = $3`,
);

/**
 * Lets the caller sign in with an identity from now on, which they have just proved at its provider. Linked already, it
 * answers the same. Where the provider vouches for the account's own address, the address is proved.
 *
 * @throws AppError `auth.invalid` (the code) | `conflict` (rule "identity.taken": it belongs to another account)
 */
export const linkIdentity = (ctx: Ctx, input: ExchangeInput): Promise<IdentityView> =>
  inTransaction(ctx, async (ctx) => {
    const proven = await redeemExchangeCode(ctx, input);
    const user = await lockUser(ctx, ctx.actor.userId);
    const [own] = await ctx.sql.query<IdentityView>(ownStatement, [user.id, proven.issuer, proven.subject]);
    const identity = own ?? (await insertIdentity(ctx, proven));
    if (!own) postLetter(ctx, noticeLetter, { userId: user.id, about: "identity-linked" });
    if (proven.emailVerified && proven.email === user.email) await proveAddress(ctx, user);
    return identity;
  });
