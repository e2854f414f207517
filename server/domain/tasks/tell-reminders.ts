import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { reminderDue, reminderMissed } from "./planning.events.ts";
import { type ReminderView, reminderColumns } from "./reminder.view.ts";

const dueStatement = statement(
  "reminder.due",
  `select rm.id from tasks.reminders rm where rm.state = 'waiting' and rm.remind_at <= $1
  order by rm.remind_at limit 200`,
);
const lockStatement = statement("reminder.lock-due", "select from tasks.reminders where id = $1 for update");
const readStatement = statement(
  "reminder.read-due",
  `select ${reminderColumns},
    (t.deleted_at is null and t.completed_at is null and coalesce(${projectRoleSql("p", "rm.user_id")}, 0) > 0) as "isWanted"
  from tasks.reminders rm join tasks.tasks t on t.id = rm.task_id join projects.projects p on p.id = rm.project_id
  where rm.id = $1 and rm.state = 'waiting' and rm.remind_at <= $2`,
);
const settleStatement = statement(
  "reminder.settle",
  "update tasks.reminders set state = $2, version = version + 1, updated_at = $3 where id = $1",
);

/**
 * Tells people what they wished to be reminded of, as `reminder.due` in their own channels: once, however many do the
 * same. What is completed, in the trash or out of sight by then is `missed`, without a word.
 */
export async function tellReminders(ctx: PublicCtx, now: Date): Promise<void> {
  for (;;) {
    const due = await ctx.sql.query<{ id: string }>(dueStatement, [now]);
    for (const { id } of due) await tellOne(ctx, id, now);
    if (due.length === 0) return;
  }
}

const tellOne = (ctx: PublicCtx, reminderId: string, now: Date): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    const [, [found]] = await Promise.all([
      ctx.sql.query(lockStatement, [reminderId]),
      ctx.sql.query<ReminderView & { isWanted: boolean }>(readStatement, [reminderId, now]),
    ]);
    if (!found) return; // somebody else was faster
    const { isWanted, ...reminder } = found;
    const state = isWanted ? "told" : "missed";
    const settled: ReminderView = {
      ...{ ...reminder, state },
      ...{ version: reminder.version + 1, updatedAt: ctx.now.toISOString() },
    };
    await ctx.sql.query(settleStatement, [reminderId, state, settled.updatedAt]);
    if (isWanted) record(ctx, reminderDue, null, settled);
    else record(ctx, reminderMissed, reminder, settled);
  });
