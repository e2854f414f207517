import { NIL, v7 } from "uuid";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError, conflict } from "../../errors.ts";
import type { ProvenIdentity } from "../../platform/identity/provider.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { name } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { noticeLetter } from "./account.letters.ts";
import { identityLinked, userRegistered } from "./auth.events.ts";
import { type SignedIn, type UserView, userColumns } from "./auth.view.ts";
import { holdAccount } from "./begin-session.ts";
import { passFirstFactor } from "./challenge.ts";
import { type IdentityView, identityColumns } from "./identity.view.ts";

type Found = UserView & { linked: boolean; disabled: boolean };

const found = (linked: boolean) => `${userColumns}, ${linked} as linked, u.disabled_at is not null as disabled`;
const findStatement = statement(
  "identity.account",
  `select ${found(true)} from auth.identities i join auth.users u on u.id = i.user_id where i.issuer = $1 and i.subject = $2
  union all select ${found(false)} from auth.users u where u.email = $3 order by linked desc limit 1`,
);
const insertStatement = statement(
  "identity.insert",
  `insert into auth.identities as i (id, user_id, provider, issuer, subject, email, name, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (issuer, subject) do nothing returning ${identityColumns}`,
);
const registerStatement = statement(
  "identity.register",
  `insert into auth.users as u (id, email, name, email_verified_at, created_at, updated_at) values ($1, $2, $3, $4, $4, $4)
  on conflict (email) do nothing returning ${userColumns}`,
);
const proveStatement = statement(
  "identity.prove",
  `select ${userColumns} from auth.users u join auth.identities i on i.user_id = u.id
  where u.id = $1 and i.issuer = $2 and i.subject = $3`,
);

/**
 * Signs in who was proved by a provider. An identity that nobody has linked yet joins the account of its address if both
 * sides have proved that address, and opens an account where there is none.
 *
 * @throws AppError `access.denied` (rule "email-unverified": the provider vouches for no address) | `conflict` (rule
 *   "account-exists": its owner has not proved the address, so sign in there and link the identity) | `auth.invalid`
 *   (disabled) | `auth.required` (rule "second-factor")
 */
export async function signInWithIdentity(ctx: PublicCtx, proven: ProvenIdentity, cookie: boolean): Promise<SignedIn> {
  const user = await accountOf(ctx, proven);
  const prove = async (ctx: Ctx) => {
    await holdAccount(ctx, user.id, null);
    const [proved] = await ctx.sql.query<UserView>(proveStatement, [user.id, proven.issuer, proven.subject]);
    if (!proved) throw unknownIdentity(); // unlinked meanwhile
    return proved;
  };
  return passFirstFactor(ctx, user, { cookie, prove });
}

async function accountOf(ctx: PublicCtx, proven: ProvenIdentity): Promise<UserView> {
  const email = proven.emailVerified ? proven.email : null;
  const [account] = await ctx.sql.query<Found>(findStatement, [proven.issuer, proven.subject, email]);
  if (account?.disabled || (account && account.kind !== "person")) throw unknownIdentity();
  if (account?.linked) return account;
  if (email === null)
    throw new AppError("access.denied", "The provider does not vouch for your address, so it cannot open an account.", {
      rule: "email-unverified",
    });
  if (account && !account.emailVerifiedAt)
    throw conflict("There is an account with this address; sign in there and link this identity.", {
      rule: "account-exists",
    });
  const userId = account?.id ?? v7();
  // The person's session is still to come.
  return inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
    const user = account ? await requireProved(ctx, account, email) : await openAccount(ctx, proven, email);
    await insertIdentity(ctx, proven);
    if (account) postLetter(ctx, noticeLetter, { userId, about: "identity-linked" });
    return user;
  });
}

const requireProvedStatement = statement(
  "identity.joinable",
  `select ${userColumns} from auth.users u
  where u.id = $1 and u.email = $2 and u.email_verified_at is not null and u.disabled_at is null for update`,
);

async function requireProved(ctx: Ctx, account: UserView, email: string): Promise<UserView> {
  const [user] = await ctx.sql.query<UserView>(requireProvedStatement, [account.id, email]);
  if (!user) throw conflict("The account changes at this moment; try again.", { retry: true });
  return user;
}

async function openAccount(ctx: Ctx, proven: ProvenIdentity, email: string): Promise<UserView> {
  const called = name(100).safeParse(proven.name?.trim().slice(0, 100)).data ?? email.split("@")[0];
  const [user] = await ctx.sql.query<UserView>(registerStatement, [ctx.actor.userId, email, called, ctx.now]);
  if (!user) throw conflict("The account is opened at this moment; try again.", { retry: true });
  return record(ctx, userRegistered, null, user);
}

/** Links an identity to the actor's account, within a transaction. @throws AppError `conflict` (somebody else's) */
export async function insertIdentity(ctx: Ctx, proven: ProvenIdentity): Promise<IdentityView> {
  const { provider, issuer, subject, email, name } = proven;
  const values = [v7(), ctx.actor.userId, provider, issuer, subject, email, name?.slice(0, 200) ?? null, ctx.now];
  const [identity] = await ctx.sql.query<IdentityView>(insertStatement, values);
  if (!identity) throw conflict("This identity belongs to an account already.", { rule: "identity.taken" });
  return record(ctx, identityLinked, null, identity);
}

const unknownIdentity = () => new AppError("auth.invalid", "With this identity nobody can sign in here.");
