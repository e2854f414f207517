import type { Ctx } from "../../context.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { ProjectMove } from "../consequences.ts";
import { heldFollows } from "../follow-move.ts";
import { commentMoved, commentUnmentioned, mentionMoved, readingEnded, readingMoved } from "./comment.events.ts";
import {
  type CommentView,
  commentColumns,
  type MentionView,
  mentionColumns,
  type ReadPositionView,
  readPositionColumns,
} from "./comment.view.ts";

/** Deletes what people hold in their own channels, and tells them. */
function dropHeld(name: string, where: (row: string) => string) {
  const mentions = statement(
    `${name}.mentions`,
    `delete from comments.mentions mn where ${where("mn")} returning ${mentionColumns}`,
  );
  const positions = statement(
    `${name}.read-positions`,
    `delete from comments.read_positions rp where ${where("rp")} returning ${readPositionColumns}`,
  );
  return async (ctx: Ctx, values: readonly unknown[], locks: readonly Statement[] = []): Promise<void> => {
    const [gone, ended] = await Promise.all([
      ...locks.map((lock) => ctx.sql.query(lock, values)),
      ctx.sql.query<MentionView>(mentions, values),
      ctx.sql.query<ReadPositionView>(positions, values),
    ]).then((answers) => answers.slice(locks.length) as [MentionView[], ReadPositionView[]]);
    for (const mention of gone) record(ctx, commentUnmentioned, mention, null);
    for (const position of ended) record(ctx, readingEnded, position, null);
  };
}

const dropOfLeaver = dropHeld("comment.of-leaver", (row) => `${row}.organization_id = $1 and ${row}.user_id = $2`);

/** Who leaves an organization keeps nothing of what was said there. What they said stays. */
export async function leaveComments(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  await dropOfLeaver(ctx, [organizationId, userId]);
  return undefined;
}

const dropOfTasks = dropHeld("comment.of-tasks", (row) => `${row}.task_id = any($1::uuid[])`);
/** So that nobody is named, or reads on, meanwhile. */
const lockComments = statement(
  "comment.lock-of-tasks",
  "select from comments.comments where task_id = any($1::uuid[]) order by id for update",
);

/** Comments go with their tasks, which must be locked, and take what people hold of them along. */
export async function dropTaskComments(ctx: Ctx, { taskIds }: { taskIds: readonly string[] }) {
  await dropOfTasks(ctx, [taskIds], [lockComments]);
  return undefined;
}

const lockTasks = statement(
  "comment.lock-tasks-of-project",
  "select id from tasks.tasks where project_id = $1 order by id for update",
);

/** The same for all tasks of a project. */
export async function dropProjectComments(ctx: Ctx, { projectId }: { projectId: string }) {
  const tasks = await ctx.sql.query<{ id: string }>(lockTasks, [projectId]);
  return dropTaskComments(ctx, { taskIds: tasks.map(({ id }) => id) });
}

const ofTasksStatement = statement(
  "comment.of-moved",
  `select ${commentColumns} from comments.comments c where c.task_id = any($1::uuid[]) order by c.id`,
);

/** Comments go where their task goes. Who cannot read them there leaves their channels with the first one. */
export async function moveComments(ctx: Ctx, { taskIds, fromProjectId, revokes }: ProjectMove) {
  return async () => {
    for (const comment of await ctx.sql.query<CommentView>(ofTasksStatement, [taskIds]))
      record(ctx, commentMoved, { ...comment, projectId: fromProjectId }, comment, { revokes: [...revokes] });
  };
}
export const moveMentions = heldFollows<MentionView>(
  { name: "mention", table: "comments.mentions", alias: "mn", columns: mentionColumns },
  { moved: mentionMoved, ended: commentUnmentioned },
);
export const moveReading = heldFollows<ReadPositionView>(
  { name: "read-position", table: "comments.read_positions", alias: "rp", columns: readPositionColumns },
  { moved: readingMoved, ended: readingEnded },
);
