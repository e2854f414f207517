import { apiTokenPageSchema, listApiTokens, listApiTokensInput } from "../server/domain/auth/api-token.queries.ts";
import { createApiToken, createApiTokenInput, createdApiTokenSchema } from "../server/domain/auth/create-api-token.ts";
import { revokeApiToken, revokeApiTokenInput, revokedApiTokensSchema } from "../server/domain/auth/revoke-api-token.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const apiTokens = router({
  list: procedure
    .meta(rest("GET /api-tokens", "List one's API tokens, the latest first", { access: "signed-in" }))
    .input(listApiTokensInput)
    .output(apiTokenPageSchema)
    .query(({ ctx, input }) => listApiTokens(ctx, input)),
  create: procedure
    .meta(
      rest("POST /api-tokens", "Make an API token", {
        access: "signed-in",
        description:
          "The token is answered this once. It may do what its scopes name, and never more than you may at that moment.",
        example: {
          input: { name: "Nightly import", scopes: ["project.read", "task.read", "task.create"], expiresInDays: 30 },
        },
      }),
    )
    .input(mutates(createApiTokenInput))
    .output(createdApiTokenSchema)
    .mutation(({ ctx, input }) => createApiToken(ctx, input)),
  revoke: procedure
    .meta(
      rest("DELETE /api-tokens/{apiTokenId}", "Revoke an API token", {
        access: "signed-in",
        description: "Ends what it does within a second, and the tokens that it made.",
      }),
    )
    .input(mutates(revokeApiTokenInput))
    .output(revokedApiTokensSchema)
    .mutation(({ ctx, input }) => revokeApiToken(ctx, input)),
});
