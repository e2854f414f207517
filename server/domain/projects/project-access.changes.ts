import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { readersOf } from "../channels.ts";
import type { AccessScope } from "../consequences.ts";
import { projectAccessChanged, projectAccessEnded, projectAccessGiven } from "./project.events.ts";
import { projectAccessSql } from "./project.queries.ts";
import type { ProjectAccessView } from "./project.view.ts";

const givenStatement = statement(
  "project.access-given",
  projectAccessSql(
    "m.organization_id = $1 and ($2::uuid[] is null or m.user_id = any($2)) and ($3::uuid is null or p.id = $3)",
  ),
);

/** What people were given, by name or by team. */
export const accessGiven = (
  ctx: PublicCtx,
  { organizationId, userIds, projectId }: AccessScope,
): Promise<ProjectAccessView[]> =>
  ctx.sql.query<ProjectAccessView>(givenStatement, [organizationId, userIds ?? null, projectId ?? null]);

/**
 * Notes what people were given before something changes it; what it answers, called after the change, tells everybody
 * in their own channel what became of it. The organization must be locked.
 */
export async function followAccess(ctx: PublicCtx, scope: AccessScope): Promise<() => Promise<void>> {
  const keyOf = ({ id, userId }: ProjectAccessView) => `${id} ${userId}`;
  const before = new Map((await accessGiven(ctx, scope)).map((access) => [keyOf(access), access]));
  return async () => {
    for (const access of await accessGiven(ctx, scope)) {
      const old = before.get(keyOf(access));
      before.delete(keyOf(access));
      if (!old) record(ctx, projectAccessGiven, null, access);
      else record(ctx, projectAccessChanged, old, access);
    }
    for (const ended of before.values()) record(ctx, projectAccessEnded, ended, null);
  };
}

const teamPeopleStatement = statement(
  "project.team-people",
  `select user_id as "userId" from organizations.team_members where team_id = $1`,
);

/** Whom a role in a project is given to: a person, or all people of a team. */
export async function peopleOf(ctx: Ctx, given: { userId: string | null; teamId: string | null }): Promise<string[]> {
  if (given.userId) return [given.userId];
  const rows = await ctx.sql.query<{ userId: string }>(teamPeopleStatement, [given.teamId]);
  return rows.map(({ userId }) => userId);
}

/** Those of the given people who cannot read a project any more. */
export async function shutOut(ctx: Ctx, projectId: string, userIds: readonly string[]): Promise<string[]> {
  const readers = await readersOf(ctx.sql, `project:${projectId}`, userIds);
  return userIds.filter((userId) => !readers.has(userId));
}
