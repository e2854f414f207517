import { z } from "zod";
import { exchangeInput } from "../server/domain/auth/exchange-code.ts";
import { identitiesSchema, listIdentities } from "../server/domain/auth/identity.queries.ts";
import { identityViewSchema } from "../server/domain/auth/identity.view.ts";
import { linkIdentity } from "../server/domain/auth/link-identity.ts";
import { unlinkIdentity, unlinkIdentityInput } from "../server/domain/auth/unlink-identity.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const identities = router({
  list: procedure
    .meta(rest("GET /identities", "What one can sign in with besides a password", { access: "signed-in" }))
    .input(z.strictObject({}))
    .output(identitiesSchema)
    .query(({ ctx }) => listIdentities(ctx)),
  link: procedure
    .meta(
      rest("POST /identities", "Sign in with an identity from now on, too", {
        access: "signed-in",
        description: "Takes the code that `/auth/{provider}/start?mode=code` returned with, and its verifier.",
      }),
    )
    .input(mutates(exchangeInput))
    .output(identityViewSchema)
    .mutation(({ ctx, input }) => linkIdentity(ctx, input)),
  unlink: procedure
    .meta(
      rest("DELETE /identities/{identityId}", "Sign in with an identity no more", {
        access: "signed-in",
        description: "Never the last way in: without a password the last identity stays.",
      }),
    )
    .input(mutates(unlinkIdentityInput))
    .output(identityViewSchema)
    .mutation(({ ctx, input }) => unlinkIdentity(ctx, input)),
});
