import { acceptedSchema } from "../server/domain/auth/alike.ts";
import { confirmEmailChange } from "../server/domain/auth/confirm-email-change.ts";
import { byAddressInput, requestPasswordReset, resendVerification } from "../server/domain/auth/request-by-address.ts";
import { requestEmailChange, requestEmailChangeInput } from "../server/domain/auth/request-email-change.ts";
import { resetPassword, resetPasswordInput, resetSchema } from "../server/domain/auth/reset-password.ts";
import { mailTokenInput, provedSchema, verifyEmail } from "../server/domain/auth/verify-email.ts";
import { mutates, procedure, publicProcedure, rest } from "./trpc.ts";

/** Those of `auth` that go by mail. */
export const mailProofs = {
  verifyEmail: publicProcedure
    .meta(rest("POST /auth/verify-email", "Prove one's address", { access: "everybody" }))
    .input(mutates(mailTokenInput))
    .output(provedSchema)
    .mutation(({ ctx, input }) => verifyEmail(ctx, input)),
  resendVerification: publicProcedure
    .meta(
      rest("POST /auth/resend-verification", "Send the link that proves an address again", {
        access: "everybody",
        description: "Answers the same whether the address has an account that needs it or not.",
      }),
    )
    .input(mutates(byAddressInput))
    .output(acceptedSchema)
    .mutation(({ ctx, input }) => resendVerification(ctx, input)),
  requestPasswordReset: publicProcedure
    .meta(
      rest("POST /auth/request-password-reset", "Send a link that sets a new password", {
        access: "everybody",
        description: "Answers the same whether the address has an account or not.",
      }),
    )
    .input(mutates(byAddressInput))
    .output(acceptedSchema)
    .mutation(({ ctx, input }) => requestPasswordReset(ctx, input)),
  resetPassword: publicProcedure
    .meta(
      rest("POST /auth/reset-password", "Set a new password", {
        access: "everybody",
        description:
          "With the token of the letter. Ends all sessions, and all API tokens unless `endApiTokens` is false; a second factor stays on if the address was proved before.",
      }),
    )
    .input(mutates(resetPasswordInput))
    .output(resetSchema)
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),
  requestEmailChange: procedure
    .meta(
      rest("POST /auth/request-email-change", "Send a link that gives the account another address", {
        access: "signed-in",
        description: "Answers the same whether the new address has an account or not.",
      }),
    )
    .input(mutates(requestEmailChangeInput))
    .output(acceptedSchema)
    .mutation(({ ctx, input }) => requestEmailChange(ctx, input)),
  confirmEmailChange: publicProcedure
    .meta(rest("POST /auth/confirm-email-change", "Give the account the address", { access: "everybody" }))
    .input(mutates(mailTokenInput))
    .output(provedSchema)
    .mutation(({ ctx, input }) => confirmEmailChange(ctx, input)),
};
