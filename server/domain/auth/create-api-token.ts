import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, ruleBroken } from "../../errors.ts";
import { hintOf } from "../../platform/checked-secrets.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { name } from "../fields.ts";
import { requireScopesWithin, scopeList } from "../scopes.ts";
import { type ApiTokenView, apiTokenColumns, apiTokenViewSchema } from "./api-token.view.ts";
import { apiTokenCreated } from "./auth.events.ts";
import { repeatableSecret } from "./repeatable-secret.ts";

export const apiTokenPrefix = "twp_";
const maxTokens = 100;

export const createApiTokenInput = z.object({
  name: name(100).describe("what it is for"),
  scopes: scopeList,
  expiresInDays: z.int().min(1).max(366).default(90),
});
export const createdApiTokenSchema = z.object({
  apiToken: apiTokenViewSchema,
  token: z.string().describe("for `Authorization: Bearer`; answered this once"),
});

const insertStatement = statement(
  "api-token.insert",
  `insert into auth.api_tokens as t (id, user_id, parent_id, name, token_hash, hint, scopes, expires_at, created_at)
  select $1, u.id, parent.id, $4, $5, $6, $7, least($8, parent.expires_at), $9
  from auth.users u left join auth.api_tokens parent on parent.id = $3
  where u.id = $2 and u.kind = 'person'
    and case when $3::uuid is null then exists (select from auth.sessions s where s.id = $10 and s.user_id = u.id)
      else parent.expires_at > $9 end
    and (select count(*) from auth.api_tokens other where other.user_id = u.id) < ${maxTokens}
  returning ${apiTokenColumns}`,
);
const reasonStatement = statement("api-token.reason", "select kind from auth.users where id = $1 for no key update");

/**
 * Makes a token for programs that act for the caller: it may do what its scopes name, and never more than the caller
 * may at that moment. One made by a token is good for no more and for no longer than that, and ends with it.
 *
 * @throws AppError `access.denied` (scopes beyond those of the token that calls) | `rule.broken` (a program's account,
 *   or too many tokens) | `auth.invalid` (what the caller came with ended meanwhile)
 */
export async function createApiToken(
  ctx: Ctx,
  input: z.output<typeof createApiTokenInput>,
): Promise<z.output<typeof createdApiTokenSchema>> {
  requireScopesWithin(ctx.actor, input.scopes);
  const token = repeatableSecret(ctx, apiTokenPrefix);
  const apiToken = await inTransaction(ctx, async (ctx) => {
    const { userId, sessionId, scopes } = ctx.actor;
    const expiresAt = new Date(ctx.now.getTime() + input.expiresInDays * 86_400_000);
    const parentId = scopes ? sessionId : null;
    const words = [input.name, hashOfSecret(token), hintOf(token), input.scopes];
    // Of two at the same time the second one waits, and counts what the first one made; so does it wait for a new
    // password, whose end of sessions and tokens it then sees.
    const [[account], [made]] = await Promise.all([
      ctx.sql.query<{ kind: string }>(reasonStatement, [userId]),
      ctx.sql.query<ApiTokenView>(insertStatement, [v7(), userId, parentId, ...words, expiresAt, ctx.now, sessionId]),
    ]);
    if (made) return record(ctx, apiTokenCreated, null, made);
    if (account?.kind !== "person") throw ruleBroken("api-token.person", "Programs have secrets instead of tokens.");
    await requireLiving(ctx, sessionId);
    throw ruleBroken("api-token.limit", `An account has ${maxTokens} API tokens at most; revoke some.`);
  });
  return { apiToken, token };
}

const livingStatement = statement(
  "api-token.living-parent",
  `select from auth.api_tokens where id = $1 and expires_at > $2
  union all select from auth.sessions where id = $1`,
);

async function requireLiving(ctx: Ctx, sessionId: string): Promise<void> {
  const found = await ctx.sql.query(livingStatement, [sessionId, ctx.now]);
  if (found.length === 0) throw new AppError("auth.invalid", "This session or token has ended.");
}
