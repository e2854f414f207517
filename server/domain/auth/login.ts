import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { password } from "./credentials.ts";
import { signIn } from "./sign-in.ts";

export const loginInput = z.object({
  username: z.string().trim().toLowerCase().min(1).max(254).describe("the account's e-mail address"),
  password,
});
export const loginSchema = z.object({
  access: z.string().describe("for `Authorization: Bearer`"),
  refresh: z.string().describe("good once, for auth.refresh"),
});

/**
 * Starts a session and answers its two tokens, no more.
 *
 * @throws AppError as `signIn`
 */
export async function login(
  ctx: PublicCtx,
  { username, password }: z.output<typeof loginInput>,
): Promise<z.output<typeof loginSchema>> {
  const { accessToken, refreshToken } = await signIn(ctx, { email: username, password, cookie: false });
  return { access: accessToken, refresh: refreshToken! };
}
