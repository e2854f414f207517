import { z } from "zod";
import { day, instant } from "../fields.ts";

const inProject = { id: z.uuid(), organizationId: z.uuid(), projectId: z.uuid() };
const timestamps = { createdAt: instant, updatedAt: instant, version: z.int() };
const columnsOf = (row: string, columns: string) =>
  `${row}.id, ${row}.organization_id as "organizationId", ${row}.project_id as "projectId", ${columns},
  ${row}.created_at as "createdAt", ${row}.updated_at as "updatedAt", ${row}.version`;

export const fieldKinds = ["text", "number", "date", "person", "choice", "choices", "checkbox", "url"] as const;

const choiceSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  color: z.string().nullable().describe("`#rrggbb`"),
});

/** A custom field of a project's tasks. */
export const fieldViewSchema = z
  .object({
    ...inProject,
    name: z.string(),
    description: z.string(),
    kind: z.enum(fieldKinds),
    choices: z.array(choiceSchema).describe("in their order; empty for other kinds than `choice` and `choices`"),
    ...timestamps,
  })
  .meta({ id: "Field" });
export type FieldView = z.output<typeof fieldViewSchema>;
export const fieldColumns = columnsOf("fd", "fd.name, fd.description, fd.kind, fd.choices");

export const allowedMovers = ["editor", "manager", "assignee", "creator"] as const;
export const requirableFields = [
  "description",
  "assigneeIds",
  "labelIds",
  "startOn",
  "dueOn",
  "estimateMinutes",
  "sprintId",
  "milestoneId",
] as const;

/** A way from one status to another, and what it asks for. */
export const transitionViewSchema = z
  .object({
    ...inProject,
    fromStatusId: z.uuid().nullable().describe("null: from any status, and for new tasks"),
    toStatusId: z.uuid(),
    allowed: z
      .array(z.enum(allowedMovers))
      .describe("roles in the project, or what one is to the task; any of them does; empty: whoever may move tasks"),
    required: z.array(z.enum(requirableFields)).describe("must have a value"),
    requiredFieldIds: z.array(z.uuid()).describe("custom fields that must have a value"),
    ...timestamps,
  })
  .meta({ id: "Transition" });
export type TransitionView = z.output<typeof transitionViewSchema>;
export const transitionColumns = columnsOf(
  "tr",
  `tr.from_status_id as "fromStatusId", tr.to_status_id as "toStatusId", tr.allowed, tr.required, tr.required_field_ids as "requiredFieldIds"`,
);

const sprintStates = ["planned", "active", "closed"] as const;

export const sprintViewSchema = z
  .object({
    ...inProject,
    name: z.string(),
    goal: z.string().describe("Markdown, as written"),
    startsOn: day,
    endsOn: day,
    state: z.enum(sprintStates),
    startedAt: instant.nullable(),
    closedAt: instant.nullable(),
    ...timestamps,
  })
  .meta({ id: "Sprint" });
export type SprintView = z.output<typeof sprintViewSchema>;
export const sprintColumns = columnsOf(
  "sp",
  `sp.name, sp.goal, sp.starts_on as "startsOn", sp.ends_on as "endsOn", sp.state, sp.started_at as "startedAt", sp.closed_at as "closedAt"`,
);

export const milestoneViewSchema = z
  .object({
    ...inProject,
    name: z.string(),
    description: z.string().describe("Markdown, as written"),
    dueOn: day.nullable(),
    reachedAt: instant.nullable(),
    ...timestamps,
  })
  .meta({ id: "Milestone" });
export type MilestoneView = z.output<typeof milestoneViewSchema>;
export const milestoneColumns = columnsOf(
  "ms",
  `ms.name, ms.description, ms.due_on as "dueOn", ms.reached_at as "reachedAt"`,
);
