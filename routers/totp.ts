import { userViewSchema } from "../server/domain/auth/auth.view.ts";
import { beginTotp, beginTotpInput, begunTotpSchema } from "../server/domain/auth/begin-totp.ts";
import { confirmTotp } from "../server/domain/auth/confirm-totp.ts";
import { disableTotp, disableTotpInput } from "../server/domain/auth/disable-totp.ts";
import { recoveryCodesSchema, renewRecoveryCodes, withCodeInput } from "../server/domain/auth/recovery-codes.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const totp = router({
  begin: procedure
    .meta(
      rest("POST /totp", "Make a secret for an authenticator app", {
        access: "signed-in",
        description: "Counts once `totp.confirm` was called with a code of the app.",
      }),
    )
    .input(mutates(beginTotpInput))
    .output(begunTotpSchema)
    .mutation(({ ctx, input }) => beginTotp(ctx, input)),
  confirm: procedure
    .meta(
      rest("POST /totp/confirm", "Turn the second factor on", {
        access: "signed-in",
        description: "Answers recovery codes, which are shown only now. From now on a sign-in takes two steps.",
      }),
    )
    .input(mutates(withCodeInput))
    .output(recoveryCodesSchema)
    .mutation(({ ctx, input }) => confirmTotp(ctx, input)),
  recoveryCodes: procedure
    .meta(
      rest("POST /totp/recovery-codes", "Make new recovery codes", {
        access: "signed-in",
        description: "With a code of the app. The old recovery codes are void.",
      }),
    )
    .input(mutates(withCodeInput))
    .output(recoveryCodesSchema)
    .mutation(({ ctx, input }) => renewRecoveryCodes(ctx, input)),
  disable: procedure
    .meta(rest("POST /totp/disable", "Turn the second factor off", { access: "signed-in" }))
    .input(mutates(disableTotpInput))
    .output(userViewSchema)
    .mutation(({ ctx, input }) => disableTotp(ctx, input)),
});
