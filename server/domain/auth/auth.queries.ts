import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { page, pageOf } from "../fields.ts";
import {
  type SessionView,
  sessionColumns,
  sessionViewSchema,
  type UserView,
  userColumns,
  userViewSchema,
} from "./auth.view.ts";

export const listSessionsInput = z.object(page);
export const sessionPageSchema = pageOf(sessionViewSchema);
export const meSchema = z.object({ user: userViewSchema, session: sessionViewSchema });

const sessionsStatement = statement(
  "sessions.list",
  `select ${sessionColumns} from auth.sessions s
  where s.user_id = $1 and s.expires_at > now() and ($2::uuid is null or s.id < $2) order by s.id desc limit $3`,
);
const meUserStatement = statement("me.user", `select ${userColumns} from auth.users u where u.id = $1`);
const meSessionStatement = statement(
  "me.session",
  `select ${sessionColumns} from auth.sessions s where s.id = $1
  union all
  select t.id, t.user_id, '', t.name, t.created_at, t.expires_at from auth.api_tokens t where t.id = $1
  union all
  select k.id, k.service_account_id, '', 'service', k.created_at, coalesce(k.expires_at, '9999-12-31T00:00:00Z') from organizations.service_secrets k
  where k.id = $1`,
);

/** The caller's own sessions, the latest sign-in first. */
export async function listSessions(
  ctx: Ctx,
  { limit, cursor }: z.output<typeof listSessionsInput>,
): Promise<z.output<typeof sessionPageSchema>> {
  if (cursor !== undefined && !z.uuid().safeParse(cursor).success)
    throw invalid("cursor", "This is no cursor of ours.");
  const found = await ctx.sql.query<SessionView>(sessionsStatement, [ctx.actor.userId, cursor ?? null, limit + 1]);
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
}

/** The caller and the session of this call; of a token, what it has of one. */
export async function readMe(ctx: Ctx): Promise<z.output<typeof meSchema>> {
  const [[user], [session]] = await Promise.all([
    ctx.sql.query<UserView>(meUserStatement, [ctx.actor.userId]),
    ctx.sql.query<SessionView>(meSessionStatement, [ctx.actor.sessionId]),
  ]);
  if (!user || !session) throw new AppError("auth.invalid", "This session has ended; sign in again.");
  return { user, session };
}
