import { setTimeout } from "node:timers/promises";
import { NIL, v7 } from "uuid";
import { z } from "zod";
import { actingAs, type PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { email, name } from "../fields.ts";
import { userRegistered } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { newPassword, requireUncommonPassword } from "./credentials.ts";
import { throttleAddress } from "./throttle.ts";

export const registerInput = z.object({ email, name: name(100), password: newPassword });
export const registeredSchema = z.object({ status: z.literal("accepted") });

/** Longer than any difference between a new address (one row more, one flush) and a known one. */
const answerAfterMs = 150;

const insertStatement = statement(
  "user.insert",
  `insert into auth.users as u (id, email, name, password_hash, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
  on conflict (email) do nothing returning ${userColumns}`,
);

/**
 * Opens an account, with which one then signs in. For an address that has one already it does nothing and answers the
 * same, as late: nobody learns here who has an account.
 *
 * @throws AppError `validation.failed` (also a password that is too easy to guess) | `rate-limited`
 */
export async function register(
  ctx: PublicCtx,
  input: z.output<typeof registerInput>,
): Promise<z.output<typeof registeredSchema>> {
  await throttleAddress(ctx, "register:ip");
  requireUncommonPassword("password", input.password, input);
  const notBefore = setTimeout(ctx.app.config.NODE_ENV === "test" ? 0 : answerAfterMs);
  const passwordHash = await ctx.app.passwords.hash(input.password);
  const userId = v7();
  // The person's first session is still to come.
  await inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
    const values = [userId, input.email, input.name, passwordHash, ctx.now];
    const [user] = await ctx.sql.query<UserView>(insertStatement, values);
    if (user) record(ctx, userRegistered, null, user);
  });
  await notBefore;
  return { status: "accepted" };
}
