import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, name, text } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { rightsInScope } from "../scopes.ts";
import { rankIn } from "./place-task.ts";
import { taskCreated } from "./task.events.ts";
import { fieldsInput } from "./task.fields.ts";
import { lockPlanning, nothingPlanned, plan } from "./task.planning.ts";
import { lockPlace, type Place, type Position, requirePlace } from "./task.queries.ts";
import { requireReferences } from "./task.references.ts";
import { completedAtIn, overLimit, requireDates, requireRoom } from "./task.rules.ts";
import { asSet, insertTask } from "./task.save.ts";
import { shareParenthood } from "./task.tree.ts";
import { priorities, type TaskView } from "./task.view.ts";
import { insertWatches } from "./task.watches.ts";
import { requireTransition } from "./task.workflow.ts";

/** What people write on a task; the limits hold for create, update and copy. */
export const taskFields = {
  title: name(500),
  description: text(100_000),
  priority: z.enum(priorities),
  parentId: id.nullable(),
  startOn: day.nullable(),
  dueOn: day.nullable(),
  estimateMinutes: z.int().min(0).max(10_000_000).nullable(),
  sprintId: id.nullable(),
  milestoneId: id.nullable(),
  fields: fieldsInput,
};
export const people = z.array(id).max(50);
export const labels = z.array(id).max(50);

export const createTaskInput = z.object({
  projectId: id,
  title: taskFields.title,
  description: taskFields.description.default(""),
  statusId: id.optional().describe("default: what the project's settings say, else its first status"),
  afterTaskId: id.nullable().optional().describe("the task to stand behind; null: to the top; default: to the bottom"),
  priority: taskFields.priority.optional().describe("default: what the project's settings say"),
  parentId: taskFields.parentId.default(null),
  assigneeIds: people.default([]),
  labelIds: labels.default([]),
  startOn: taskFields.startOn.default(null),
  dueOn: taskFields.dueOn.optional().describe("default: what the project's settings say, else none"),
  estimateMinutes: taskFields.estimateMinutes.default(null),
  sprintId: taskFields.sprintId.default(null),
  milestoneId: taskFields.milestoneId.default(null),
  fields: taskFields.fields.optional(),
  overLimit,
});

/** One statement numbers `$2` tasks under the counter's lock, which its place in the transaction keeps short. */
const countStatement = statement(
  "task.count",
  `insert into tasks.counters (project_id, organization_id, last_number)
  select p.id, p.organization_id, $2 from projects.projects p where p.id = $1
  on conflict (project_id) do update set last_number = counters.last_number + $2
  returning last_number as number`,
);

/**
 * Creates a task with the project's next number. Numbers are dense: a create that fails gives its number back.
 * Who creates it and who is assigned watch it.
 *
 * @returns the new task
 * @throws AppError `not-found` (project, status, task to stand behind) | `access.denied` | `validation.failed` (people,
 *   labels, parent, sprint, milestone or field of elsewhere, a value not of its field's kind)
 *   | `rule.broken` (WIP limit, transitions, dates, closed sprint, archived project, no status)
 */
export const createTask = (ctx: Ctx, input: z.output<typeof createTaskInput>): Promise<TaskView> =>
  inTransaction(ctx, async (ctx) => {
    const position: Position = input.afterTaskId === undefined ? "bottom" : { afterTaskId: input.afterTaskId };
    const placed = { taskId: v7(), projectId: input.projectId };
    const [planning, project, place, , , numbered] = await Promise.all([
      lockPlanning(ctx, input, input),
      accessProject(ctx, input.projectId, "task.create"),
      lockPlace(ctx, input.statusId ?? null, placed, position),
      input.parentId ? shareParenthood(ctx, input.projectId) : null,
      requireReferences(ctx, input.projectId, input),
      nextNumber(ctx, input.projectId),
    ]);
    if (!place && !input.statusId)
      throw ruleBroken("project.no-status", "The project has no status for a task to be in.");
    requirePlace(place, input.statusId ?? "", position);
    const rights = project.roleRank ?? 0;
    requireRoom(place, 1, { overLimit: input.overLimit, rights: rightsInScope(ctx.actor, rights) });

    const now = ctx.now.toISOString();
    const task: TaskView = {
      id: placed.taskId,
      organizationId: project.organizationId,
      projectId: project.id,
      key: `${numbered.projectKey}-${numbered.number}`,
      number: numbered.number,
      title: input.title,
      description: input.description,
      statusId: place.statusId,
      rank: await rankIn(ctx, place, placed.taskId),
      priority: input.priority ?? place.defaults?.priority ?? "none",
      parentId: input.parentId,
      assigneeIds: asSet(input.assigneeIds),
      labelIds: asSet(input.labelIds),
      startOn: input.startOn,
      dueOn: input.dueOn === undefined ? usualDay(ctx, place, input.startOn) : input.dueOn,
      estimateMinutes: input.estimateMinutes,
      ...plan({ projectId: project.id, ...nothingPlanned }, input, planning),
      completedAt: null,
      archivedAt: null,
      deletedAt: null,
      createdById: ctx.actor.userId,
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    task.completedAt = completedAtIn(place, task, ctx.now);
    requireDates(task);
    requireTransition(place, task, null, { userId: ctx.actor.userId, rights });
    insertTask(ctx, task);
    insertWatches(ctx, watchersOfNew(task));
    return record(ctx, taskCreated, null, task);
  });

/** The day that the project's settings give new tasks: counted from today (UTC), and not before they start. */
function usualDay(ctx: Ctx, { defaults }: Pick<Place, "defaults">, startOn: string | null): string | null {
  if (typeof defaults?.dueInDays !== "number") return null;
  const dueOn = new Date(ctx.now.getTime() + defaults.dueInDays * 86_400_000).toISOString().slice(0, 10);
  return startOn && startOn > dueOn ? startOn : dueOn;
}

/** Apart, and behind it: a statement that had to wait for the counter reads a key of before. */
const keyStatement = statement("task.project-key", `select key as "projectKey" from projects.projects where id = $1`);

/**
 * The last one of the project's next `count` numbers, and the key that goes with them. The counter's lock is held until
 * COMMIT, so that numbers have no gaps and no doubles, and who changes the key finds all that have it. None with `count`
 * 0, which only locks.
 */
export async function nextNumber(
  ctx: Ctx,
  projectId: string,
  count = 1,
): Promise<{ number: number; projectKey: string }> {
  const [[counter], [project]] = await Promise.all([
    ctx.sql.query<{ number: number }>(countStatement, [projectId, count]),
    ctx.sql.query<{ projectKey: string }>(keyStatement, [projectId]),
  ]);
  return { number: counter?.number ?? 0, projectKey: project?.projectKey ?? "" }; // no such project, which its door tells
}

/** Who creates a task and who is assigned watch it from the start. */
export const watchersOfNew = (task: TaskView) =>
  asSet([task.createdById, ...task.assigneeIds]).map((userId) => ({ task, userId }));
