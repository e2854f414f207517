import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { instant, page, pageOf } from "../fields.ts";
import { apiTokenColumns, apiTokenViewSchema } from "./api-token.view.ts";

export const listApiTokensInput = z.strictObject(page);
const listedApiToken = apiTokenViewSchema
  .extend({ lastUsedAt: instant.nullable().describe("to the minute") })
  .meta({ id: "ListedApiToken" });
export const apiTokenPageSchema = pageOf(listedApiToken);

const listStatement = statement(
  "api-tokens.list",
  `select ${apiTokenColumns}, t.last_used_at as "lastUsedAt" from auth.api_tokens t
  where t.user_id = $1 and ($2::uuid is null or t.id < $2) order by t.id desc limit $3`,
);

/** The caller's own API tokens, the latest first; expired ones are among them for a week. */
export async function listApiTokens(
  ctx: Ctx,
  { limit, cursor }: z.output<typeof listApiTokensInput>,
): Promise<z.output<typeof apiTokenPageSchema>> {
  if (cursor !== undefined && !z.uuid().safeParse(cursor).success) {
    throw invalid("cursor", "must be a nextCursor of this list");
  }
  type Row = z.output<typeof listedApiToken>;
  const found = await ctx.sql.query<Row>(listStatement, [ctx.actor.userId, cursor ?? null, limit + 1]);
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}
