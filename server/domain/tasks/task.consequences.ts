import type { Ctx, PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import type { StatusView } from "../projects/project.view.ts";
import { ranksIn } from "./place-task.ts";
import { taskAssigned, taskLabelled, taskMoved, taskUnwatched, taskUpdated } from "./task.events.ts";
import { lockPlace } from "./task.queries.ts";
import { completedAtIn, requireRoom, takesRoom } from "./task.rules.ts";
import { saveTasks } from "./task.save.ts";
import { type TaskView, taskColumns } from "./task.view.ts";
import { type WatchView, watchColumns } from "./task-link.view.ts";

/** Finds tasks by a condition on `t`, trashed ones among them, and locks them: statuses first, as all movers do. */
export function lockedTasks(name: string, where: string) {
  const lockStatuses = statement(
    `${name}.lock-statuses`,
    `select from projects.statuses s where s.id in (select t.status_id from tasks.tasks t where ${where}) order by s.id for no key update`,
  );
  const lock = statement(`${name}.lock`, `select from tasks.tasks t where ${where} order by t.id for no key update`);
  const read = statement(
    `${name}.read`,
    `select ${taskColumns} from tasks.tasks t where ${where} order by t.rank, t.id`,
  );
  return async (ctx: Ctx, values: readonly unknown[]): Promise<TaskView[]> => {
    const [tasks] = await Promise.all([
      ...[lockStatuses, lock].map((locking) => ctx.sql.query<TaskView>(locking, values)),
      ctx.sql.query<TaskView>(read, values),
    ]).then((answers) => answers.slice(-1));
    return tasks ?? [];
  };
}

/** Writes the tasks as they shall be, and tells of those that clients have: the trash is in nobody's copy. */
export function saveAndRecord(
  ctx: Ctx,
  fact: typeof taskAssigned | typeof taskLabelled | typeof taskMoved | typeof taskUpdated,
  tasks: readonly TaskView[],
  wanted: (task: TaskView, at: number) => TaskView,
): void {
  const edits = tasks.map((before, at) => ({ before, wanted: wanted(before, at) }));
  const saved = saveTasks(ctx, edits);
  for (const [at, { before }] of edits.entries()) {
    if (!before.deletedAt) record(ctx, fact, before, saved[at] as TaskView);
  }
}

const tasksAssigned = lockedTasks(
  "task.of-leaver",
  "t.organization_id = $1 and t.id in (select a.task_id from tasks.task_assignees a where a.user_id = $2)",
);
const unwatchStatement = statement(
  "watch.delete-of-leaver",
  `delete from tasks.watches w where w.organization_id = $1 and w.user_id = $2 returning ${watchColumns}`,
);

/** Who leaves an organization leaves its tasks. */
export async function leaveTasks(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  const tasks = await tasksAssigned(ctx, [organizationId, userId]);
  saveAndRecord(ctx, taskAssigned, tasks, (task) => ({
    ...task,
    assigneeIds: task.assigneeIds.filter((id) => id !== userId),
  }));
  const watches = await ctx.sql.query<WatchView>(unwatchStatement, [organizationId, userId]);
  for (const watch of watches) record(ctx, taskUnwatched, watch, null);
  return undefined;
}

const tasksLabelled = lockedTasks(
  "task.of-label",
  "t.id in (select l.task_id from tasks.task_labels l where l.label_id = $1)",
);

/** A label goes from every task that has it. */
export async function dropLabel(ctx: Ctx, { labelId }: { labelId: string }) {
  saveAndRecord(ctx, taskLabelled, await tasksLabelled(ctx, [labelId]), (task) => ({
    ...task,
    labelIds: task.labelIds.filter((id) => id !== labelId),
  }));
  return undefined;
}

const endWatchesStatement = statement(
  "watch.delete-of-project",
  `delete from tasks.watches w where w.project_id = $1 returning ${watchColumns}`,
);
const deleteTasksStatement = statement("task.delete-of-project", "delete from tasks.tasks where project_id = $1");

/** A project's tasks go with it, and so does what their watchers hold in their own channels. */
export async function deleteTasks(ctx: Ctx, { projectId }: { projectId: string }) {
  const [watches] = await Promise.all([
    ctx.sql.query<WatchView>(endWatchesStatement, [projectId]),
    ctx.sql.query(deleteTasksStatement, [projectId]),
  ]);
  for (const watch of watches) record(ctx, taskUnwatched, watch, null);
  return undefined;
}

const tasksInStatus = lockedTasks("task.of-status", "t.status_id = $1");

/** A status of another category completes or reopens the tasks in it. */
export async function turnTasks(ctx: Ctx, fact: { statusId: string; category: StatusView["category"] }) {
  saveAndRecord(ctx, taskUpdated, await tasksInStatus(ctx, [fact.statusId]), (task) => ({
    ...task,
    completedAt: completedAtIn(fact, task, ctx.now),
  }));
  return undefined;
}

/** The tasks of a status that goes stand behind those of another, in the order they had. */
export async function moveTasksAway(ctx: Ctx, fact: { status: StatusView; moveTasksTo: StatusView | null }) {
  const { status, moveTasksTo: target } = fact;
  if (!target) return undefined; // the database refuses to delete a status that has tasks
  const tasks = await tasksInStatus(ctx, [status.id]);
  const [first] = tasks;
  if (!first) return undefined;
  const place = await lockPlace(ctx, target.id, { taskId: first.id, projectId: status.projectId }, "bottom");
  if (!place) throw notFound("status", target.id);
  requireRoom(place, tasks.filter(takesRoom).length);
  const ranks = await ranksIn(
    ctx,
    place,
    tasks.map((task) => task.id),
  );
  saveAndRecord(ctx, taskMoved, tasks, (task, at) => ({
    ...task,
    statusId: target.id,
    rank: ranks[at] as string,
    completedAt: completedAtIn(place, task, ctx.now),
  }));
  return undefined;
}

const unreadableStatement = statement(
  "watch.delete-hidden",
  `delete from tasks.watches w using projects.projects p
  where p.id = w.project_id and w.organization_id = $1 and ($2::uuid[] is null or w.user_id = any($2)) and ($3::uuid is null or p.id = $3)
    and coalesce(${projectRoleSql("p", "w.user_id")}, 0) = 0
  returning ${watchColumns}`,
);

/**
 * Ends the watches of those who cannot read a project any more, once their access has changed.
 *
 * @param scope of all people in the organization or some, of all its projects or one
 */
export async function dropHiddenWatches(
  ctx: PublicCtx,
  scope: { organizationId: string; userIds?: readonly string[]; projectId?: string },
) {
  return async () => {
    const values = [scope.organizationId, scope.userIds ?? null, scope.projectId ?? null];
    const watches = await ctx.sql.query<WatchView>(unreadableStatement, values);
    for (const watch of watches) record(ctx, taskUnwatched, watch, null);
  };
}
