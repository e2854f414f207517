import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, name, text } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { rankIn } from "./place-task.ts";
import { taskCreated } from "./task.events.ts";
import { findFirstStatusId, lockPlace, type Position, requirePlace } from "./task.queries.ts";
import { requireReferences } from "./task.references.ts";
import { completedAtIn, requireRoom } from "./task.rules.ts";
import { priorities, type TaskView } from "./task.view.ts";

/** What people write on a task; the limits hold for create, update and copy. */
export const taskFields = {
  title: name(500),
  description: text(100_000),
  priority: z.enum(priorities),
  parentId: id.nullable(),
  startOn: day.nullable(),
  dueOn: day.nullable(),
  estimateMinutes: z.int().min(0).max(10_000_000).nullable(),
};
export const people = z.array(id).max(50);
export const labels = z.array(id).max(50);

export const createTaskInput = z.object({
  projectId: id,
  title: taskFields.title,
  description: taskFields.description.default(""),
  statusId: id.optional().describe("default: the project's first status"),
  afterTaskId: id.nullable().optional().describe("the task to stand behind; null: to the top; default: to the bottom"),
  priority: taskFields.priority.default("none"),
  parentId: taskFields.parentId.default(null),
  assigneeIds: people.default([]),
  labelIds: labels.default([]),
  startOn: taskFields.startOn.default(null),
  dueOn: taskFields.dueOn.default(null),
  estimateMinutes: taskFields.estimateMinutes.default(null),
});

/** One statement numbers the task under the counter's lock, which its place in the transaction keeps short. */
const countStatement = statement(
  "task.count",
  `insert into tasks.counters (project_id, organization_id, last_number)
  select p.id, p.organization_id, 1 from projects.projects p where p.id = $1
  on conflict (project_id) do update set last_number = counters.last_number + 1
  returning last_number as number`,
);

const insertStatement = statement(
  "task.insert",
  `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, parent_id, start_on, due_on,
    estimate_minutes, completed_at, created_by_id, version, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17, $17)`,
);

export const addAssigneesStatement = statement(
  "task.add-assignees",
  `insert into tasks.task_assignees (organization_id, project_id, task_id, user_id) select $1, $2, $3, unnest($4::uuid[])`,
);
export const addLabelsStatement = statement(
  "task.add-labels",
  `insert into tasks.task_labels (organization_id, project_id, task_id, label_id) select $1, $2, $3, unnest($4::uuid[])`,
);

/**
 * Creates a task with the project's next number. Numbers are dense: a create that fails gives its number back.
 *
 * @returns the new task
 * @throws AppError `not-found` (project, status, task to stand behind) | `access.denied` | `validation.failed` (people,
 *   labels or parent of elsewhere) | `rule.broken` (WIP limit, dates, archived project, no status)
 */
export const createTask = (ctx: Ctx, input: z.output<typeof createTaskInput>): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const position: Position = input.afterTaskId === undefined ? "bottom" : { afterTaskId: input.afterTaskId };
    const placed = { taskId: v7(), projectId: input.projectId };
    const statusId = input.statusId ?? (await findFirstStatusId(ctx, input.projectId));
    const [project, place, , number] = await Promise.all([
      accessProject(ctx, input.projectId, "task.create"),
      statusId ? lockPlace(ctx, statusId, placed, position) : null,
      requireReferences(ctx, input.projectId, input),
      nextNumber(ctx, input.projectId),
    ]);
    if (!statusId) throw ruleBroken("project.no-status", "The project has no status for a task to be in.");
    requirePlace(place, statusId, position);
    requireRoom(place);

    const now = ctx.now.toISOString();
    const task: TaskView = {
      id: placed.taskId,
      organizationId: project.organizationId,
      projectId: project.id,
      key: `${project.key}-${number}`,
      number,
      title: input.title,
      description: input.description,
      statusId,
      rank: await rankIn(ctx, place, placed, position),
      priority: input.priority,
      parentId: input.parentId,
      assigneeIds: [...new Set(input.assigneeIds)].sort(),
      labelIds: [...new Set(input.labelIds)].sort(),
      startOn: input.startOn,
      dueOn: input.dueOn,
      estimateMinutes: input.estimateMinutes,
      completedAt: null,
      archivedAt: null,
      deletedAt: null,
      createdById: ctx.actor.userId,
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    task.completedAt = completedAtIn(place, task, ctx.now);
    insertTask(ctx, task);
    return record(ctx, taskCreated, null, task);
  });

/** The counter's lock is held until COMMIT, so that numbers have no gaps and no doubles. */
async function nextNumber(ctx: Ctx, projectId: string): Promise<number> {
  const [counter] = await ctx.sql.query<{ number: number }>(countStatement, [projectId]);
  return counter?.number ?? 0; // 0: no such project, which its door tells
}

function insertTask(ctx: Ctx, task: TaskView): void {
  write(ctx, insertStatement, [
    task.id,
    task.organizationId,
    task.projectId,
    task.number,
    task.key,
    task.title,
    task.description,
    task.statusId,
    task.rank,
    task.priority,
    task.parentId,
    task.startOn,
    task.dueOn,
    task.estimateMinutes,
    task.completedAt,
    task.createdById,
    task.createdAt,
  ]);
  const owner = [task.organizationId, task.projectId, task.id];
  if (task.assigneeIds.length > 0) write(ctx, addAssigneesStatement, [...owner, task.assigneeIds]);
  if (task.labelIds.length > 0) write(ctx, addLabelsStatement, [...owner, task.labelIds]);
}
