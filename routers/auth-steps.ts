import { z } from "zod";
import { signedInSchema } from "../server/domain/auth/auth.view.ts";
import { completeLogin, completeSignIn, completeSignInInput } from "../server/domain/auth/complete-sign-in.ts";
import { exchange, exchangeInput } from "../server/domain/auth/exchange-code.ts";
import { listProviders, providersSchema } from "../server/domain/auth/identity.queries.ts";
import { loginSchema } from "../server/domain/auth/login.ts";
import { mutates, publicProcedure, rest } from "./trpc.ts";

/** Those of `auth` that are steps of a sign-in other than by password. */
export const signInSteps = {
  providers: publicProcedure
    .meta(rest("GET /auth/providers", "Whom one can sign in with", { access: "everybody" }))
    .input(z.strictObject({}))
    .output(providersSchema)
    .query(({ ctx }) => listProviders(ctx)),
  exchange: publicProcedure
    .meta(
      rest("POST /auth/exchange", "Sign in with the code of a sign-in elsewhere", {
        access: "everybody",
        description: "The code that `/auth/{provider}/start?mode=code` returned with, and the verifier it began with.",
      }),
    )
    .input(mutates(exchangeInput))
    .output(loginSchema)
    .mutation(({ ctx, input }) => exchange(ctx, input)),
  completeSignIn: publicProcedure
    .meta(
      rest("POST /auth/sign-in/complete", "Sign in: the second factor", {
        access: "everybody",
        description:
          "A sign-in of an account with a second factor fails with `auth.required`, rule `second-factor`, and " +
          "`details.challenge`. Send that with a code.",
      }),
    )
    .input(mutates(completeSignInInput))
    .output(signedInSchema)
    .mutation(({ ctx, input }) => completeSignIn(ctx, input)),
  completeLogin: publicProcedure
    .meta(rest("POST /auth/login/complete", "Sign in for a pair of tokens: the second factor", { access: "everybody" }))
    .input(mutates(completeSignInInput))
    .output(loginSchema)
    .mutation(({ ctx, input }) => completeLogin(ctx, input)),
};
