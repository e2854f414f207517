import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { lockedTasks, saveAndRecord } from "./task.consequences.ts";
import { taskUpdated } from "./task.events.ts";
import { fieldsWithout } from "./task.fields.ts";

const tasksInSprint = lockedTasks("task.of-sprint", "t.sprint_id = $1 and ($2::boolean or t.completed_at is null)");

/** What a sprint leaves unfinished goes on in another one or in none; all of it, when the sprint itself goes. */
export async function handOver(ctx: Ctx, fact: { sprintId: string; toSprintId: string | null; all: boolean }) {
  const { sprintId, toSprintId, all } = fact;
  const tasks = await tasksInSprint(ctx, [sprintId, all]);
  saveAndRecord(ctx, taskUpdated, tasks, (task) => ({ ...task, sprintId: toSprintId }));
  return undefined;
}

const tasksOfMilestone = lockedTasks("task.of-milestone", "t.milestone_id = $1");

/** A milestone goes from every task that leads to it. */
export async function dropMilestone(ctx: Ctx, { milestoneId }: { milestoneId: string }) {
  const tasks = await tasksOfMilestone(ctx, [milestoneId]);
  saveAndRecord(ctx, taskUpdated, tasks, (task) => ({ ...task, milestoneId: null }));
  return undefined;
}

const tasksWithField = lockedTasks(
  "task.of-field",
  "t.project_id = (select fd.project_id from projects.fields fd where fd.id = $1) and t.fields <> '{}'::jsonb and t.fields ? $1::uuid::text",
);

/** A custom field, or some of its choices, go from every task that has them. */
export async function dropFieldValues(ctx: Ctx, fact: { fieldId: string; choiceIds: readonly string[] | "all" }) {
  const { fieldId, choiceIds } = fact;
  const tasks = await tasksWithField(ctx, [fieldId]);
  saveAndRecord(ctx, taskUpdated, tasks, (task) => ({
    ...task,
    fields: fieldsWithout(task.fields, fieldId, choiceIds),
  }));
  return undefined;
}

const personFieldsStatement = statement(
  "field.naming-people",
  `select fd.id from projects.fields fd where fd.organization_id = $1 and fd.kind = 'person' order by fd.id`,
);
const tasksNaming = lockedTasks(
  "task.naming-leaver",
  `t.id in (select named.id from projects.fields fd
    join tasks.tasks named on named.fields <> '{}'::jsonb and named.fields @> jsonb_build_object(fd.id, $2::uuid)
    where fd.organization_id = $1 and fd.kind = 'person')`,
);

/** Who leaves an organization is named in no custom field of its tasks any more. */
export async function leaveFields(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  const named = await ctx.sql.query<{ id: string }>(personFieldsStatement, [organizationId]);
  if (named.length === 0) return undefined;
  const tasks = await tasksNaming(ctx, [organizationId, userId]);
  saveAndRecord(ctx, taskUpdated, tasks, (task) => ({
    ...task,
    fields: named.reduce(
      (fields, { id }) => (fields[id] === userId ? fieldsWithout(fields, id, "all") : fields),
      task.fields,
    ),
  }));
  return undefined;
}
