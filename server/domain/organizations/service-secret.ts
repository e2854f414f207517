import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound, ruleBroken } from "../../errors.ts";
import { hintOf } from "../../platform/checked-secrets.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { repeatableSecret } from "../auth/repeatable-secret.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { serviceSecretAdded, serviceSecretRemoved } from "./organization.events.ts";
import { accessServiceAccount, readServiceAccount } from "./service-account.access.ts";
import { type ServiceAccountView, serviceAccountViewSchema } from "./service-account.view.ts";

export const serviceSecretPrefix = "tws_";
/** Two, so that one can be replaced while the other still holds; a third for mistakes. */
const maxSecrets = 3;

export const withSecretSchema = z.object({
  serviceAccount: serviceAccountViewSchema,
  clientId: z.uuid(),
  clientSecret: z.string().describe("answered this once"),
});

const insertStatement = statement(
  "service-secret.insert",
  `insert into organizations.service_secrets (id, organization_id, service_account_id, secret_hash, hint, expires_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7)`,
);

/** Writes a secret of an account within a transaction. */
export function insertSecret(
  ctx: Ctx,
  account: { id: string; organizationId: string },
  secret: string,
  expiresInDays: number | undefined,
): void {
  const expiresAt = expiresInDays ? new Date(ctx.now.getTime() + expiresInDays * 86_400_000) : null;
  const words = [hashOfSecret(secret), hintOf(secret)];
  write(ctx, insertStatement, [v7(), account.organizationId, account.id, ...words, expiresAt, ctx.now]);
}

export const expiresInDays = z.int().min(1).max(3_660).optional().describe("default: it does not expire");
export const addServiceSecretInput = z.object({ serviceAccountId: id, expiresInDays });
const touchStatement = statement(
  "service-account.touch",
  "update organizations.service_accounts set version = version + 1, updated_at = $2 where id = $1",
);

/**
 * Gives a service account one more secret, so that the old one can be replaced without a gap.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (too many)
 */
export async function addServiceSecret(
  ctx: Ctx,
  input: z.output<typeof addServiceSecretInput>,
): Promise<z.output<typeof withSecretSchema>> {
  const clientSecret = repeatableSecret(ctx, serviceSecretPrefix);
  const serviceAccount = await inTransaction(ctx, async (ctx) => {
    const before = await accessServiceAccount(ctx, input.serviceAccountId);
    if (before.secrets.length >= maxSecrets) {
      throw ruleBroken("service-account.secrets", `An account has ${maxSecrets} secrets at most; remove one first.`);
    }
    insertSecret(ctx, before, clientSecret, input.expiresInDays);
    write(ctx, touchStatement, [before.id, ctx.now]);
    return record(ctx, serviceSecretAdded, before, await readServiceAccount(ctx, before.id));
  });
  return { serviceAccount, clientId: serviceAccount.id, clientSecret };
}

export const removeServiceSecretInput = z.object({ serviceAccountId: id, secretId: id });
const removeStatement = statement(
  "service-secret.remove",
  "delete from organizations.service_secrets where id = $1 and service_account_id = $2 returning id",
);

/**
 * Takes a secret away; the tokens that it gave end within a second.
 *
 * @throws AppError `not-found` (account or secret) | `access.denied`
 */
export const removeServiceSecret = (
  ctx: Ctx,
  { serviceAccountId, secretId }: z.output<typeof removeServiceSecretInput>,
): Promise<ServiceAccountView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessServiceAccount(ctx, serviceAccountId);
    const removed = await ctx.sql.query(removeStatement, [secretId, before.id]);
    if (removed.length === 0) throw notFound("secret", secretId);
    write(ctx, touchStatement, [before.id, ctx.now]);
    return record(ctx, serviceSecretRemoved, before, await readServiceAccount(ctx, before.id));
  });
