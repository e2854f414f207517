import { z } from "zod";
import { instant } from "../fields.ts";
import { definePart } from "../projects/project.part.ts";

/** A task that comes again. */
export const recurrenceViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid().describe("each occurrence is a copy of this task as it then is"),
    rule: z.string().describe("RFC 5545 §3.3.10: `FREQ=WEEKLY;BYDAY=MO`"),
    startsAt: z.string().describe("local date and time: `2026-01-05T09:00`"),
    timeZone: z.string(),
    dueInDays: z.int().describe("days from an occurrence to the due day of its task"),
    withSubtasks: z.boolean(),
    state: z.enum(["active", "paused", "ended"]),
    problem: z.string().nullable().describe("why an occurrence could not be made, which paused it"),
    nextAt: instant.nullable(),
    occurrenceCount: z.int().describe("made so far"),
    createdById: z.uuid().describe("whose rights decide"),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "Recurrence" });
export type RecurrenceView = z.output<typeof recurrenceViewSchema>;

export const recurrenceColumns = `rc.id, rc.organization_id as "organizationId", rc.project_id as "projectId", rc.task_id as "taskId", rc.rule,
  rc.starts_at as "startsAt", rc.time_zone as "timeZone", rc.due_in_days as "dueInDays", rc.with_subtasks as "withSubtasks", rc.state,
  rc.problem, rc.next_at as "nextAt", rc.occurrence_count as "occurrenceCount", rc.created_by_id as "createdById",
  rc.created_at as "createdAt", rc.updated_at as "updatedAt", rc.version`;

export const recurrences = definePart<RecurrenceView>({
  ...{ entity: "recurrence", table: "tasks.recurrences", row: "rc" },
  ...{ columns: recurrenceColumns, sort: "rc.id::text" },
});
