import { v7 } from "uuid";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { commentMentioned } from "./comment.events.ts";
import type { CommentView, MentionView } from "./comment.view.ts";
import { parseMarkdown, renderMarkdown } from "./markdown.ts";

/** Where a text stands, and so who may read it. */
type Place = Pick<CommentView, "organizationId" | "projectId" | "taskId" | "internal" | "authorId">;

/** Guests do not see the organization's teams, only those that have a role in the project. */
const teamsStatement = statement(
  "comment.named-teams",
  `select t.id, t.name from organizations.teams t
  where t.organization_id = $1 and t.id = any($2::uuid[]) and (
    $4 or exists (select from projects.project_members pm where pm.project_id = $3 and pm.team_id = t.id))`,
);
/** Locked against leaving the organization meanwhile. */
const peopleStatement = statement(
  "comment.named-people",
  `select u.id, u.name from organizations.members m
  join auth.users u on u.id = m.user_id join projects.projects p on p.id = $2
  where m.organization_id = $1 and u.disabled_at is null and (not $4 or m.role <> 'guest') and ${projectRoleSql("p", "m.user_id")} > 0
    and (m.user_id = any($5::uuid[])
      or m.user_id in (select tm.user_id from organizations.team_members tm where tm.team_id = any($6::uuid[]))
      or $7 and m.user_id in (select w.user_id from tasks.watches w where w.task_id = $3))
  order by u.id for key share of m`,
);

interface Name {
  id: string;
  name: string;
}

const mostNamed = 100;

/**
 * What a text looks like, and whom it names: of the people, teams and watchers in it those who may read it now, and
 * never its author.
 *
 * @param knowsTeams the author sees all teams of the organization
 * @throws AppError `rule.broken` (names too many) | `too-large`
 */
export async function readBody(
  ctx: Ctx,
  place: Place,
  body: string,
  knowsTeams: boolean,
): Promise<Pick<CommentView, "body" | "html" | "mentionedUserIds">> {
  const parsed = parseMarkdown(body);
  const { userIds, teamIds, watchers } = parsed;
  if (userIds.length + teamIds.length > mostNamed)
    throw ruleBroken("comment.too-many-mentions", `A comment names at most ${mostNamed} people and teams.`);
  const { organizationId, projectId, taskId, internal, authorId } = place;
  const teams =
    teamIds.length > 0
      ? await ctx.sql.query<Name>(teamsStatement, [organizationId, teamIds, projectId, knowsTeams])
      : [];
  const named = [userIds, teams.map(({ id }) => id), watchers] as const;
  const people =
    userIds.length + teams.length > 0 || watchers
      ? await ctx.sql.query<Name>(peopleStatement, [organizationId, projectId, taskId, internal, ...named])
      : [];
  const names = new Map([...teams, ...people].map(({ id, name }) => [id, name]));
  const mentionedUserIds = people.map(({ id }) => id).filter((id) => id !== authorId);
  return { body, html: renderMarkdown(parsed, names), mentionedUserIds };
}

const insertStatement = statement(
  "mention.insert",
  `insert into comments.mentions (id, organization_id, project_id, task_id, comment_id, user_id, created_at)
  select w.id, $3, $4, $5, $6, w.user_id, $7 from unnest($1::uuid[], $2::uuid[]) as w (id, user_id)
  on conflict (comment_id, user_id) do nothing returning user_id as "userId"`,
);

/** Tells those whom a comment names for the first time, each once, whatever is edited later. The comment must be written. */
export async function tellMentioned(ctx: Ctx, comment: CommentView): Promise<void> {
  if (comment.mentionedUserIds.length === 0) return;
  const mentions = comment.mentionedUserIds.map(
    (userId): MentionView => ({
      id: v7(),
      organizationId: comment.organizationId,
      projectId: comment.projectId,
      taskId: comment.taskId,
      commentId: comment.id,
      userId,
      createdAt: ctx.now.toISOString(),
    }),
  );
  const inserted = await ctx.sql.query<{ userId: string }>(insertStatement, [
    mentions.map(({ id }) => id),
    comment.mentionedUserIds,
    comment.organizationId,
    comment.projectId,
    comment.taskId,
    comment.id,
    ctx.now,
  ]);
  const first = new Set(inserted.map(({ userId }) => userId));
  for (const mention of mentions) if (first.has(mention.userId)) record(ctx, commentMentioned, null, mention);
}
