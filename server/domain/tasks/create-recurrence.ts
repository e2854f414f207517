import { z } from "zod";
import { Recurrence } from "../../../db/entities/tasks.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { timeZone } from "../auth/update-profile.ts";
import { record } from "../change.ts";
import { id, text } from "../fields.ts";
import { accessWholeProject } from "../projects/project.access.ts";
import { requireFeature } from "../projects/project.settings.ts";
import { insert } from "../save.ts";
import { recurrenceCreated } from "./planning.events.ts";
import { nextOccurrence } from "./recurrence.rule.ts";
import { type RecurrenceView, recurrences } from "./recurrence.view.ts";
import { admitToTask } from "./task.access.ts";
import { requireNotTrashed } from "./task.rules.ts";

export const recurrenceFields = {
  rule: text(500)
    .transform((rule) =>
      rule
        .trim()
        .toUpperCase()
        .replace(/^RRULE:/, ""),
    )
    .describe("RFC 5545 §3.3.10, at most once a day: `FREQ=WEEKLY;BYDAY=MO`"),
  startsAt: z
    .string()
    .regex(/^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/, "must be like 2026-01-05T09:00")
    .describe("local date and time, `2026-01-05T09:00`: from when on, and the time of day"),
  timeZone,
  dueInDays: z.int().min(0).max(3_650).describe("days from an occurrence to the due day of its task"),
  withSubtasks: z.boolean(),
};

export const createRecurrenceInput = z.object({
  taskId: id,
  rule: recurrenceFields.rule,
  startsAt: recurrenceFields.startsAt,
  timeZone: timeZone.optional().describe("IANA; default: that of your profile"),
  dueInDays: recurrenceFields.dueInDays.default(0),
  withSubtasks: recurrenceFields.withSubtasks.default(false),
});

const mostRecurrences = 200;
const zoneStatement = statement("recurrence.time-zone", `select time_zone as "timeZone" from auth.users where id = $1`);

/** The time zone of the caller's profile. */
export async function ownTimeZone(ctx: Ctx): Promise<string> {
  const [user] = await ctx.sql.query<{ timeZone: string }>(zoneStatement, [ctx.actor.userId]);
  return user?.timeZone ?? "UTC";
}

/**
 * Lets a task come again: at each occurrence from now on a copy of it, as it then is, begins where tasks of the project
 * begin. What occurred before now is not made up for. Whoever creates it lends it their rights.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (rule) | `rule.broken` (never occurs any more,
 *   switched off, more than 200 in the project, task in the trash, archived)
 */
export const createRecurrence = (ctx: Ctx, input: z.output<typeof createRecurrenceInput>): Promise<RecurrenceView> =>
  inTransaction(ctx, async (ctx) => {
    const task = await admitToTask(ctx, input.taskId, "recurrence.manage");
    const { project } = await accessWholeProject(ctx, task.projectId, "recurrence.manage");
    requireNotTrashed(task);
    requireFeature(project, "recurrence");
    if ((await recurrences.all(ctx, project.id)).length >= mostRecurrences)
      throw ruleBroken("project.recurrences", `At most ${mostRecurrences} tasks of a project come again.`);
    const { rule, startsAt, dueInDays, withSubtasks } = input;
    const rhythm = { rule, startsAt, timeZone: input.timeZone ?? (await ownTimeZone(ctx)) };
    const nextAt = nextOccurrence(rhythm, ctx.now);
    if (!nextAt) throw ruleBroken("recurrence.over", "Nothing occurs by this rule any more.");
    const recurrence = await insert<Recurrence, RecurrenceView>(ctx, Recurrence, {
      ...{ organizationId: project.organizationId, projectId: project.id, taskId: task.id, ...rhythm },
      ...{ dueInDays, withSubtasks, state: "active", problem: null, nextAt, occurrenceCount: 0 },
      createdById: ctx.actor.userId,
    });
    return record(ctx, recurrenceCreated, null, recurrence);
  });
