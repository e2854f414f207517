import { v7 } from "uuid";
import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { conflict, notFound } from "../../errors.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { audit } from "../audit.ts";
import { record } from "../change.ts";
import { email, name } from "../fields.ts";
import { passwordChanged, userRegistered } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { newPassword, requireUncommonPassword } from "./credentials.ts";
import { endSessions } from "./end-sessions.ts";
import { endWhatPasswordBegan } from "./password-change.ts";

/* What only an operator of the server does, on its command line; no procedure leads here. */

export const newAccountInput = z.object({ email, name: name(100), password: newPassword });

const insertStatement = statement(
  "administer.insert",
  `insert into auth.users as u (id, email, name, password_hash, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
  on conflict (email) do nothing returning ${userColumns}`,
);

/** @throws AppError `conflict` (the address has an account) | `validation.failed` (a password easy to guess) */
export async function createAccount(ctx: PublicCtx, input: z.output<typeof newAccountInput>): Promise<UserView> {
  requireUncommonPassword("password", input.password, input);
  const passwordHash = await ctx.app.passwords.hash(input.password);
  return inTransaction(ctx, async (ctx) => {
    const values = [v7(), input.email, input.name, passwordHash, ctx.now];
    const [user] = await ctx.sql.query<UserView>(insertStatement, values);
    if (!user) throw conflict("This address has an account already.");
    return record(ctx, userRegistered, null, user);
  });
}

const accountStatement = statement(
  "administer.account",
  `select ${userColumns} from auth.users u where u.email = $1 for no key update`,
);
const passwordStatement = statement(
  "administer.password",
  `update auth.users u set password_hash = $2, version = u.version + 1, updated_at = $3 where u.id = $1
  returning ${userColumns}`,
);

/**
 * Gives an account another password and ends all its sessions and, where asked, API tokens.
 *
 * @throws AppError `not-found` | `validation.failed` (a password easy to guess)
 */
export async function resetPassword(
  ctx: PublicCtx,
  address: string,
  password: string,
  ends: { endApiTokens: boolean },
): Promise<UserView> {
  const passwordHash = await ctx.app.passwords.hash(password);
  return inTransaction(ctx, async (ctx) => {
    const before = await lockAccount(ctx, address);
    requireUncommonPassword("password", password, before);
    const [after] = await ctx.sql.query<UserView>(passwordStatement, [before.id, passwordHash, ctx.now]);
    await endWhatPasswordBegan(ctx, before.id, ends);
    return record(ctx, passwordChanged, before, after as UserView);
  });
}

const disableStatement = statement(
  "administer.disable",
  "update auth.users set disabled_at = coalesce(disabled_at, now()) where id = $1",
);
const enableStatement = statement("administer.enable", "update auth.users set disabled_at = null where id = $1");

/** The account can no longer sign in, and its sessions end. @throws AppError `not-found` */
export const disableAccount = (ctx: PublicCtx, address: string): Promise<UserView> =>
  inTransaction(ctx, async (ctx) => {
    const account = await turn(ctx, address, disableStatement, "user.disabled");
    await endSessions(ctx, account.id);
    return account;
  });

/** The account can sign in again. @throws AppError `not-found` */
export const enableAccount = (ctx: PublicCtx, address: string): Promise<UserView> =>
  inTransaction(ctx, (ctx) => turn(ctx, address, enableStatement, "user.enabled"));

async function turn(ctx: PublicCtx, address: string, how: Statement, action: string): Promise<UserView> {
  const account = await lockAccount(ctx, address);
  await ctx.sql.query(how, [account.id]);
  await audit(ctx, { action, subjectId: account.id, target: { type: "user", id: account.id } });
  return account;
}

async function lockAccount(ctx: PublicCtx, address: string): Promise<UserView> {
  const [account] = await ctx.sql.query<UserView>(accountStatement, [email.parse(address)]);
  if (!account) throw notFound("user");
  return account;
}
