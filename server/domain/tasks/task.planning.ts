import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { changedFields, type FieldDefinition, type FieldsInput, idsIn } from "./task.fields.ts";
import type { TaskView } from "./task.view.ts";

/** What a task refers to in its project's plan, as given; what is absent stays. */
export interface Planned {
  sprintId?: string | null | undefined;
  milestoneId?: string | null | undefined;
  fields?: FieldsInput | undefined;
}

/** What there is of it. */
export interface Planning {
  sprint: { projectId: string; state: string } | null;
  milestone: { projectId: string } | null;
  definitions: (FieldDefinition & { projectId: string })[];
  people: string[];
}

/* Shared locks, so that what is named cannot go, or close, before this commits. Whoever removes it locks it whole. */
const sprintStatement = statement(
  "task.planned-sprint",
  `select project_id as "projectId", state from projects.sprints where id = $1 for key share`,
);
const milestoneStatement = statement(
  "task.planned-milestone",
  `select project_id as "projectId" from projects.milestones where id = $1 for key share`,
);
const definitionsStatement = statement(
  "task.planned-fields",
  `select id, project_id as "projectId", kind, choices from projects.fields where id = any($1::uuid[]) order by id for key share`,
);
/** `$2` is the project, or null for that of the task `$3`. */
const peopleStatement = statement(
  "task.planned-people",
  `select asked.id from projects.projects p, unnest($1::uuid[]) as asked (id)
  where p.id = coalesce($2::uuid, (select t.project_id from tasks.tasks t where t.id = $3)) and ${projectRoleSql("p", "asked.id")} > 0`,
);

/** Those of the given people who can read a project. */
export async function readersAmong(ctx: Ctx, projectId: string, userIds: readonly string[]): Promise<Set<string>> {
  if (userIds.length === 0) return new Set();
  const rows = await ctx.sql.query<{ id: string }>(peopleStatement, [userIds, projectId, null]);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Looks up what a task shall refer to, in the round trip that it is sent in. To be sent before statuses and tasks are
 * locked, and passed to `plan` behind the door. Asks nothing where nothing is given.
 */
export async function lockPlanning(
  ctx: Ctx,
  of: { projectId: string } | { taskId: string },
  { sprintId, milestoneId, fields }: Planned,
): Promise<Planning> {
  const asked = fields ? Object.keys(fields) : [];
  const named = fields ? idsIn(fields) : [];
  const place = "projectId" in of ? [of.projectId, null] : [null, of.taskId];
  const [sprints, milestones, definitions, people] = await Promise.all([
    sprintId ? ctx.sql.query<NonNullable<Planning["sprint"]>>(sprintStatement, [sprintId]) : [],
    milestoneId ? ctx.sql.query<NonNullable<Planning["milestone"]>>(milestoneStatement, [milestoneId]) : [],
    asked.length > 0 ? ctx.sql.query<Planning["definitions"][number]>(definitionsStatement, [asked]) : [],
    named.length > 0 ? ctx.sql.query<{ id: string }>(peopleStatement, [named, ...place]) : [],
  ]);
  return {
    sprint: sprints[0] ?? null,
    milestone: milestones[0] ?? null,
    definitions,
    people: people.map(({ id }) => id),
  };
}

/**
 * What becomes of a task's plan. Naming the sprint that it is in already is no change, also when that is closed.
 *
 * @throws AppError `validation.failed` (sprint, milestone or field of elsewhere; a value that is not of its kind)
 *   | `rule.broken` (the sprint is closed)
 */
export function plan(
  task: Pick<TaskView, "projectId" | "sprintId" | "milestoneId" | "fields">,
  { sprintId = task.sprintId, milestoneId = task.milestoneId, fields }: Planned,
  found: Planning,
): Pick<TaskView, "sprintId" | "milestoneId" | "fields"> {
  if (sprintId && sprintId !== task.sprintId) {
    if (found.sprint?.projectId !== task.projectId)
      throw invalid("sprintId", "The sprint must be one of the same project.");
    if (found.sprint.state === "closed") throw ruleBroken("sprint.closed", "This sprint is closed.", { sprintId });
  }
  if (milestoneId && milestoneId !== task.milestoneId && found.milestone?.projectId !== task.projectId)
    throw invalid("milestoneId", "The milestone must be one of the same project.");
  const definitions = found.definitions.filter((field) => field.projectId === task.projectId);
  return {
    sprintId,
    milestoneId,
    fields: fields ? changedFields(task.fields, fields, definitions, found.people) : task.fields,
  };
}

export const nothingPlanned = { sprintId: null, milestoneId: null, fields: {} } as const;
