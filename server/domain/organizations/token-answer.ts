import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { exchangeClientCredentials } from "./exchange-client-credentials.ts";

/** The words of RFC 6749 §4.4.2 and §2.3.1. */
export const clientCredentialsInput = z.object({
  grant_type: z.literal("client_credentials"),
  client_id: z.string().max(100),
  client_secret: z.string().max(200),
  scope: z.string().max(10_000).optional().describe("scopes with spaces between; default: all of the account's"),
});

/** RFC 6749 §5.1. */
export const tokenAnswerSchema = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int().describe("seconds"),
  scope: z.string(),
});

/** `exchangeClientCredentials` in the words of RFC 6749. */
export async function answerToken(
  ctx: PublicCtx,
  input: z.output<typeof clientCredentialsInput>,
): Promise<z.output<typeof tokenAnswerSchema>> {
  const { accessToken, expiresInSeconds, scopes } = await exchangeClientCredentials(ctx, {
    clientId: input.client_id,
    clientSecret: input.client_secret,
    scope: input.scope,
  });
  return { access_token: accessToken, token_type: "Bearer", expires_in: expiresInSeconds, scope: scopes.join(" ") };
}
