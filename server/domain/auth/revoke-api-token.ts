import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { type ApiTokenView, apiTokenColumns } from "./api-token.view.ts";
import { apiTokenRevoked } from "./auth.events.ts";

export const revokeApiTokenInput = z.object({ apiTokenId: id });
export const revokedApiTokensSchema = z.object({ revokedIds: z.array(z.uuid()) });

const revokeStatement = statement(
  "api-token.revoke",
  `with recursive doomed as (
    select d.id from auth.api_tokens d where d.id = any($1::uuid[])
    union select child.id from auth.api_tokens child join doomed on child.parent_id = doomed.id
  )
  delete from auth.api_tokens t using doomed where t.id = doomed.id returning ${apiTokenColumns}`,
);

/** Ends tokens and those that they made, within a transaction. */
export async function endApiTokens(ctx: PublicCtx, ids: readonly string[]): Promise<string[]> {
  const ended = await ctx.sql.query<ApiTokenView>(revokeStatement, [ids]);
  for (const token of ended) record(ctx, apiTokenRevoked, token, null);
  return ended.map((token) => token.id);
}

const allStatement = statement("api-tokens.of-user", "select id from auth.api_tokens where user_id = $1 for update");

/** Ends all tokens of a person, within a transaction. */
export async function endAllApiTokens(ctx: PublicCtx, userId: string): Promise<void> {
  const all = await ctx.sql.query<{ id: string }>(allStatement, [userId]);
  const ids = all.map(({ id }) => id);
  if (ids.length > 0) await endApiTokens(ctx, ids);
}

const ownStatement = statement(
  "api-token.own",
  "select from auth.api_tokens where id = $1 and user_id = $2 for update",
);

/**
 * Ends one of the caller's API tokens, with those that it made, their calls and their sockets.
 *
 * @throws AppError `not-found` (also another person's)
 */
export const revokeApiToken = (
  ctx: Ctx,
  { apiTokenId }: z.output<typeof revokeApiTokenInput>,
): Promise<z.output<typeof revokedApiTokensSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const own = await ctx.sql.query(ownStatement, [apiTokenId, ctx.actor.userId]);
    if (own.length === 0) throw notFound("apiToken", apiTokenId);
    return { revokedIds: await endApiTokens(ctx, [apiTokenId]) };
  });

const batch = 500;
const keptDays = 7;
const expiredStatement = statement(
  "api-token.expired",
  `select id from auth.api_tokens where expires_at < now() - make_interval(days => $1) order by id limit ${batch} for update skip locked`,
);
const forgetRevokedStatement = statement(
  "revoked-tokens.forget",
  "delete from auth.revoked_tokens where expires_at < now()",
);

/** Removes what expired a week ago, and forgets access tokens that were revoked and have expired since; for a worker. */
export async function removeExpiredTokens(ctx: PublicCtx): Promise<void> {
  await ctx.sql.query(forgetRevokedStatement);
  for (let removed = batch; removed === batch; ) {
    removed = await inTransaction(ctx, async (ctx) => {
      const rows = await ctx.sql.query<{ id: string }>(expiredStatement, [keptDays]);
      if (rows.length > 0)
        await endApiTokens(
          ctx,
          rows.map(({ id }) => id),
        );
      return rows.length;
    });
  }
}
