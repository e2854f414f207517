import { z } from "zod";
import { Reminder } from "../../../db/entities/tasks.ts";
import type { Ctx } from "../../context.ts";
import { invalid, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { timeZone } from "../auth/update-profile.ts";
import { record } from "../change.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, instant, page } from "../fields.ts";
import { insert } from "../save.ts";
import { ownTimeZone } from "./create-recurrence.ts";
import { reminderCreated, reminderDeleted } from "./planning.events.ts";
import { type ReminderView, reminderColumns } from "./reminder.view.ts";
import { accessTask } from "./task.access.ts";
import { requireNotTrashed } from "./task.rules.ts";

export const createReminderInput = z.object({
  taskId: id,
  at: instant.optional().describe("at this instant, or"),
  daysBefore: z.int().min(0).max(365).optional().describe("so many days before the task is due, 0 for the day itself"),
  timeOfDay: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 09:00")
    .default("09:00"),
  timeZone: timeZone.optional().describe("IANA; default: that of your profile"),
});

const mostReminders = 20;
const mineStatement = statement(
  "reminder.mine-of-task",
  "select id from tasks.reminders where task_id = $1 and user_id = $2 and state = 'waiting'",
);

/**
 * The caller is reminded of a task once: at an instant, or relative to its due day, which may be set or moved later.
 *
 * @throws AppError `not-found` | `validation.failed` (neither or both) | `rule.broken` (in the past, more than 20, task in
 *   the trash)
 */
export const createReminder = (ctx: Ctx, input: z.output<typeof createReminderInput>): Promise<ReminderView> =>
  inTransaction(ctx, async (ctx) => {
    const { taskId, at = null, daysBefore = null, timeOfDay } = input;
    const task = await accessTask(ctx, taskId, "task.watch");
    if ((at === null) === (daysBefore === null)) throw invalid("at", "Give either `at` or `daysBefore`.");
    if (at && Date.parse(at) <= ctx.now.getTime()) throw ruleBroken("reminder.past", "This time has passed.");
    requireNotTrashed(task);
    const { organizationId, projectId } = task;
    const { userId } = ctx.actor;
    if ((await ctx.sql.query(mineStatement, [taskId, userId])).length >= mostReminders)
      throw ruleBroken("reminder.too-many", `At most ${mostReminders} reminders of one task.`);
    const relative =
      daysBefore === null
        ? { timeOfDay: null, timeZone: null }
        : { timeOfDay, timeZone: input.timeZone ?? (await ownTimeZone(ctx)) };
    const row = { organizationId, projectId, taskId, userId, at: at && new Date(at), daysBefore, ...relative };
    return record(
      ctx,
      reminderCreated,
      null,
      await insert<Reminder, ReminderView>(ctx, Reminder, { ...row, state: "waiting" }),
    );
  });

export const reminderInput = z.object({ reminderId: id });

const lockStatement = statement("reminder.lock", "select from tasks.reminders where id = $1 for update");
const readStatement = statement(
  "reminder.access",
  `select ${reminderColumns} from tasks.reminders rm where rm.id = $1 and rm.user_id = $2`,
);
const deleteStatement = statement("reminder.delete", "delete from tasks.reminders where id = $1");

/** @throws AppError `not-found`, also for those of others */
export const deleteReminder = (ctx: Ctx, { reminderId }: z.output<typeof reminderInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const [, [reminder]] = await Promise.all([
      ctx.sql.query(lockStatement, [reminderId]),
      ctx.sql.query<ReminderView>(readStatement, [reminderId, ctx.actor.userId]),
    ]);
    if (!reminder) throw notFound("reminder", reminderId);
    await ctx.sql.query(deleteStatement, [reminderId]);
    record(ctx, reminderDeleted, reminder, null);
    return { id: reminderId };
  });

export const listRemindersInput = z.strictObject({ taskId: id.optional(), ...page });

const listStatement = statement(
  "reminder.list",
  `select ${reminderColumns}, rm.id::text as "sortText" from tasks.reminders rm
  where rm.user_id = $1 and ($2::uuid is null or rm.task_id = $2) and ($3::text is null or rm.id < $4::uuid)
  order by rm.id desc limit $5`,
);

/** The caller's own, the latest first. @throws AppError `validation.failed` (cursor) */
export async function listReminders(ctx: Ctx, { taskId, cursor, limit }: z.output<typeof listRemindersInput>) {
  const values = [ctx.actor.userId, taskId ?? null, ...placeOf(cursor), limit + 1];
  return pageFrom(await ctx.sql.query<ReminderView & { sortText: string }>(listStatement, values), limit);
}
