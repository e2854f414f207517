import type { Ctx, PublicCtx } from "../../context.ts";
import { hashOfSecret, randomSecret } from "../../platform/secrets.ts";
import { serverSecret } from "../../platform/server-key.ts";

const invitationDays = 7;

/**
 * The 256-bit token of an invitation. It is kept nowhere, neither here nor among the answers of mutations: it follows
 * from the invitation's salt and the server's secret, so that who manages invitations can ask for it again.
 */
export function invitationToken({ app }: Pick<PublicCtx, "app">, invitationId: string, salt: string): string {
  return serverSecret(app.config, `invitation:${invitationId}:${salt}`);
}

/** What is stored of a new token. */
export function issueToken(ctx: Ctx, invitationId: string) {
  const tokenSalt = randomSecret();
  return {
    tokenSalt,
    tokenHash: hashOfSecret(invitationToken(ctx, invitationId, tokenSalt)),
    expiresAt: new Date(ctx.now.getTime() + invitationDays * 86_400_000),
  };
}
