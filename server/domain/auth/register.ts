import { NIL, v7 } from "uuid";
import { z } from "zod";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { email, name } from "../fields.ts";
import { postLetter } from "../letters.ts";
import { accountExistsLetter } from "./account.letters.ts";
import { type Accepted, answerAlike } from "./alike.ts";
import { userRegistered } from "./auth.events.ts";
import { type UserView, userColumns } from "./auth.view.ts";
import { newPassword, requireUncommonPassword } from "./credentials.ts";
import { sendVerification } from "./request-by-address.ts";
import { throttleAddress } from "./throttle.ts";

export const registerInput = z.object({ email, name: name(100), password: newPassword });

const insertStatement = statement(
  "user.insert",
  `insert into auth.users as u (id, email, name, password_hash, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
  on conflict (email) do nothing returning ${userColumns}`,
);

const knownStatement = statement(
  "user.known",
  "select id from auth.users where email = $1 and disabled_at is null and kind = 'person'",
);

/**
 * Opens an account, with which one then signs in, and sends a link that proves the address. For an address that has an
 * account already it sends a letter that says so, and answers the same, as late: nobody learns here who has an account.
 *
 * @throws AppError `validation.failed` (also a password that is too easy to guess) | `rate-limited`
 */
export async function register(ctx: PublicCtx, input: z.output<typeof registerInput>): Promise<Accepted> {
  await throttleAddress(ctx, "register:ip");
  requireUncommonPassword("password", input.password, input);
  return answerAlike(ctx, async () => {
    const passwordHash = await ctx.app.passwords.hash(input.password);
    const userId = v7();
    // The person's first session is still to come.
    await inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
      const values = [userId, input.email, input.name, passwordHash, ctx.now];
      const [user] = await ctx.sql.query<UserView>(insertStatement, values);
      if (!user) return tellOwner(ctx, input.email);
      record(ctx, userRegistered, null, user);
      await sendVerification(ctx, user);
    });
  });
}

/** One letter at a time, however often somebody tries. */
async function tellOwner(ctx: Ctx, email: string): Promise<void> {
  const [owner] = await ctx.sql.query<{ id: string }>(knownStatement, [email]);
  if (owner) postLetter(ctx, accountExistsLetter, { userId: owner.id }, { key: owner.id });
}
