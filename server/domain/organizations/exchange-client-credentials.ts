import { randomUUID } from "node:crypto";
import type { PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { isCheckedSecret } from "../../platform/checked-secrets.ts";
import { hashOfSecret, sameSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { audit } from "../audit.ts";
import { throttleAddress } from "../auth/throttle.ts";
import { serviceSecretPrefix } from "./service-secret.ts";

export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
  /** Names of scopes, with spaces between; absent: all that the account is good for. */
  scope?: string | undefined;
}

export interface IssuedToken {
  accessToken: string;
  expiresInSeconds: number;
  scopes: string[];
}

interface Found {
  secretId: string;
  accountId: string;
  organizationId: string;
  scopes: string[];
}

const findStatement = statement(
  "service-secret.find",
  `select k.id as "secretId", sa.id as "accountId", sa.organization_id as "organizationId", sa.scopes
  from organizations.service_secrets k
  join organizations.service_accounts sa on sa.id = k.service_account_id
  join auth.users u on u.id = sa.id and u.disabled_at is null
  where k.secret_hash = $1 and (k.expires_at is null or k.expires_at > now())`,
);
const usedStatement = statement(
  "service-secret.used",
  `update organizations.service_secrets set last_used_at = now()
  where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
);

/**
 * Gives a program an access token for its id and secret (OAuth 2 client credentials, RFC 6749 §4.4). The token is good
 * for the scopes that are asked for, and never for more than the account is when it is used.
 *
 * @throws AppError `auth.invalid` (id or secret) | `access.denied` with `details.scope` (not the account's)
 *   | `rate-limited`
 */
export async function exchangeClientCredentials(
  ctx: PublicCtx,
  { clientId, clientSecret, scope }: ClientCredentials,
): Promise<IssuedToken> {
  await throttleAddress(ctx, "refresh:ip");
  const found = await find(ctx, clientSecret);
  if (!found || !sameSecret(found.accountId, clientId.toLowerCase())) {
    const target = { type: "serviceAccount", id: found?.accountId ?? null };
    const organizationId = found?.organizationId ?? null;
    await audit(ctx, { action: "service-account.refused", organizationId, subjectId: target.id, target });
    throw new AppError("auth.invalid", "The client id or the secret is wrong.");
  }
  const asked = scope?.split(" ").filter(Boolean) ?? [];
  const stray = asked.find((name) => !found.scopes.includes(name));
  if (stray) throw new AppError("access.denied", `This account is not good for ${stray}.`, { scope: stray });
  const scopes = asked.length > 0 ? found.scopes.filter((name) => asked.includes(name)) : found.scopes;

  const subject = { userId: found.accountId, sessionId: found.secretId };
  const [{ token, expiresAt }] = await Promise.all([
    ctx.app.tokens.mint(subject, randomUUID(), ctx.now, scopes),
    ctx.sql.query(usedStatement, [found.secretId]),
    audit(
      { ...ctx, actor: { ...subject, scopes } },
      {
        action: "service-account.signed-in",
        organizationId: found.organizationId,
        subjectId: found.accountId,
        target: { type: "serviceAccount", id: found.accountId },
      },
    ),
  ]);
  const expiresInSeconds = Math.floor((Date.parse(expiresAt) - ctx.now.getTime()) / 1000);
  return { accessToken: token, expiresInSeconds, scopes };
}

async function find(ctx: PublicCtx, secret: string): Promise<Found | null> {
  if (!isCheckedSecret(serviceSecretPrefix, secret)) return null;
  const [found] = await ctx.sql.query<Found>(findStatement, [hashOfSecret(secret)]);
  return found ?? null;
}
