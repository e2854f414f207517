import { z } from "zod";
import { acceptedSchema } from "../server/domain/auth/alike.ts";
import {
  listSessions,
  listSessionsInput,
  meSchema,
  readMe,
  sessionPageSchema,
} from "../server/domain/auth/auth.queries.ts";
import { grantSchema, signedInSchema, userViewSchema } from "../server/domain/auth/auth.view.ts";
import { changePassword, changePasswordInput } from "../server/domain/auth/change-password.ts";
import { csrfSchema, readCsrfToken } from "../server/domain/auth/csrf.ts";
import { endedSchema } from "../server/domain/auth/end-sessions.ts";
import { login, loginInput, loginSchema } from "../server/domain/auth/login.ts";
import { refresh, refreshInput } from "../server/domain/auth/refresh.ts";
import { register, registerInput } from "../server/domain/auth/register.ts";
import { revokeSession, revokeSessionInput } from "../server/domain/auth/revoke-session.ts";
import { revokedTokenSchema, revokeToken, revokeTokenInput } from "../server/domain/auth/revoke-token.ts";
import { signIn, signInInput } from "../server/domain/auth/sign-in.ts";
import { signOut } from "../server/domain/auth/sign-out.ts";
import { signOutEverywhere } from "../server/domain/auth/sign-out-everywhere.ts";
import { answerToken, clientCredentialsInput, tokenAnswerSchema } from "../server/domain/organizations/token-answer.ts";
import { mailProofs } from "./auth-mail.ts";
import { signInSteps } from "./auth-steps.ts";
import { mutates, procedure, publicProcedure, rest, router } from "./trpc.ts";

export const auth = router({
  ...signInSteps,
  ...mailProofs,
  register: publicProcedure
    .meta(
      rest("POST /auth/register", "Open an account", {
        access: "everybody",
        description:
          "Answers the same for an address that has an account already. Sign in afterwards; a letter proves the address.",
      }),
    )
    .input(mutates(registerInput))
    .output(acceptedSchema)
    .mutation(({ ctx, input }) => register(ctx, input)),
  signIn: publicProcedure
    .meta(
      rest("POST /auth/sign-in", "Sign in", {
        access: "everybody",
        description:
          "With `cookie: true` the session is kept in an HttpOnly cookie, and mutations need `x-csrf-token`.",
      }),
    )
    .input(mutates(signInInput))
    .output(signedInSchema)
    .mutation(({ ctx, input }) => signIn(ctx, input)),
  login: publicProcedure
    .meta(rest("POST /auth/login", "Sign in for a pair of tokens", { access: "everybody" }))
    .input(mutates(loginInput))
    .output(loginSchema)
    .mutation(({ ctx, input }) => login(ctx, input)),
  refresh: publicProcedure
    .meta(
      rest("POST /auth/refresh", "Exchange a refresh token for a new pair", {
        access: "everybody",
        description: "A refresh token is good once. Used again, it ends the session. A session by cookie sends none.",
      }),
    )
    .input(mutates(refreshInput))
    .output(grantSchema)
    .mutation(({ ctx, input }) => refresh(ctx, input)),
  signOut: procedure
    .meta(rest("POST /auth/sign-out", "End this session", { access: "signed-in" }))
    .input(mutates(z.object({})))
    .output(endedSchema)
    .mutation(({ ctx }) => signOut(ctx)),
  signOutEverywhere: procedure
    .meta(rest("POST /auth/sign-out-everywhere", "End all of one's sessions", { access: "signed-in" }))
    .input(mutates(z.object({})))
    .output(endedSchema)
    .mutation(({ ctx }) => signOutEverywhere(ctx)),
  changePassword: procedure
    .meta(
      rest("POST /auth/change-password", "Change one's password", {
        access: "signed-in",
        description: "Ends all other sessions, and with `endApiTokens` all API tokens, too.",
      }),
    )
    .input(mutates(changePasswordInput))
    .output(userViewSchema)
    .mutation(({ ctx, input }) => changePassword(ctx, input)),
  token: publicProcedure
    .meta(
      rest("POST /auth/token", "Get an access token for a program", {
        access: "everybody",
        description:
          "OAuth 2 client credentials (RFC 6749 §4.4). Takes JSON or a form, and the client's id and secret in it or by HTTP Basic. Here errors read as in RFC 6749 §5.2: `error` is one of its codes.",
      }),
    )
    .input(clientCredentialsInput.strict())
    .output(tokenAnswerSchema)
    .mutation(({ ctx, input }) => answerToken(ctx, input)),
  revokeToken: publicProcedure
    .meta(
      rest("POST /auth/revoke", "Make a token useless", {
        access: "everybody",
        description:
          "Whoever holds a token may revoke it, whichever kind it is. As in RFC 7009, a token that does not hold is no failure.",
      }),
    )
    .input(mutates(revokeTokenInput))
    .output(revokedTokenSchema)
    .mutation(({ ctx, input }) => revokeToken(ctx, input)),
  sessions: procedure
    .meta(rest("GET /auth/sessions", "One's own sessions, the latest first", { access: "signed-in" }))
    .input(listSessionsInput.strict())
    .output(sessionPageSchema)
    .query(({ ctx, input }) => listSessions(ctx, input)),
  revokeSession: procedure
    .meta(rest("DELETE /auth/sessions/{sessionId}", "End one of one's sessions", { access: "signed-in" }))
    .input(mutates(revokeSessionInput))
    .output(endedSchema)
    .mutation(({ ctx, input }) => revokeSession(ctx, input)),
  me: procedure
    .meta(rest("GET /auth/me", "Who is signed in", { access: "signed-in", scope: "account" }))
    .input(z.strictObject({}))
    .output(meSchema)
    .query(({ ctx }) => readMe(ctx)),
  csrf: procedure
    .meta(
      rest("GET /auth/csrf", "The token that mutations by cookie must send", {
        access: "signed-in",
        description: "Send it in the header `x-csrf-token`. Mutations with a bearer token need none.",
      }),
    )
    .input(z.strictObject({}))
    .output(csrfSchema)
    .query(({ ctx }) => readCsrfToken(ctx)),
});
