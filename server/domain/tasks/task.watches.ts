import { v7 } from "uuid";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import { heldFollows } from "../follow-move.ts";
import { taskUnwatched, taskWatched, watchMoved } from "./task.events.ts";
import type { TaskView } from "./task.view.ts";
import { type WatchView, watchColumns } from "./task-link.view.ts";

const watchersStatement = statement(
  "watch.of-tasks",
  `select task_id as "taskId", user_id as "userId" from tasks.watches where task_id = any($1::uuid[]) and user_id = any($2::uuid[])`,
);
const insertStatement = statement(
  "watch.insert",
  `insert into tasks.watches (organization_id, created_at, id, project_id, task_id, user_id)
  select $1, $2, w.* from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) as w`,
);
const deleteStatement = statement("watch.delete", "delete from tasks.watches where id = any($1::uuid[])");

/** A task and somebody who shall watch it. */
export interface Watching {
  task: Pick<TaskView, "id" | "organizationId" | "projectId">;
  userId: string;
}

/** Those of the given who do not watch yet. The tasks must be locked. */
export async function notWatching(ctx: Ctx, wanted: readonly Watching[]): Promise<Watching[]> {
  if (wanted.length === 0) return [];
  const known = await ctx.sql.query<{ taskId: string; userId: string }>(watchersStatement, [
    [...new Set(wanted.map(({ task }) => task.id))],
    [...new Set(wanted.map(({ userId }) => userId))],
  ]);
  const watching = new Set(known.map(({ taskId, userId }) => `${taskId} ${userId}`));
  return wanted.filter(({ task, userId }) => !watching.has(`${task.id} ${userId}`));
}

/** Lets people watch tasks of one organization that they do not watch yet. */
export function insertWatches(ctx: Ctx, wanted: readonly Watching[]): WatchView[] {
  const watches = wanted.map(({ task, userId }) => ({
    id: v7(),
    organizationId: task.organizationId,
    projectId: task.projectId,
    taskId: task.id,
    userId,
    createdAt: ctx.now.toISOString(),
  }));
  const [first] = watches;
  if (!first) return [];
  write(ctx, insertStatement, [
    first.organizationId,
    first.createdAt,
    watches.map((watch) => watch.id),
    watches.map((watch) => watch.projectId),
    watches.map((watch) => watch.taskId),
    watches.map((watch) => watch.userId),
  ]);
  return watches.map((watch) => record(ctx, taskWatched, null, watch));
}

/** Ends watches and tells their people. */
export function removeWatches(ctx: Ctx, watches: readonly WatchView[]): void {
  if (watches.length === 0) return;
  write(ctx, deleteStatement, [watches.map((watch) => watch.id)]);
  for (const watch of watches) record(ctx, taskUnwatched, watch, null);
}

/** Who watches a task goes on watching it in another project. */
export const moveWatches = heldFollows<WatchView>(
  { name: "watch", table: "tasks.watches", alias: "w", columns: watchColumns },
  { moved: watchMoved, ended: taskUnwatched },
);

const lockedOfTasksStatement = statement(
  "watch.lock-of-tasks",
  `select ${watchColumns} from tasks.watches w where w.task_id = any($1::uuid[]) order by w.id for update`,
);

/** All watches of some tasks, locked. */
export const watchesOfTasks = (ctx: Ctx, taskIds: readonly string[]) =>
  ctx.sql.query<WatchView>(lockedOfTasksStatement, [taskIds]);
