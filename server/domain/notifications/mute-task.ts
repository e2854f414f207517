import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessTask, admitToTask } from "../tasks/task.access.ts";
import { requireNotTrashed } from "../tasks/task.rules.ts";
import { taskMuted, taskUnmuted } from "./notification.events.ts";
import { shareOrganization } from "./notification.locks.ts";
import { type TaskMuteView, taskMuteColumns } from "./preference.view.ts";

export const muteTaskInput = z.object({ taskId: id });
type Input = z.output<typeof muteTaskInput>;

const mineStatement = statement(
  "task-mute.mine",
  `select ${taskMuteColumns} from notifications.task_mutes tm where tm.task_id = $1 and tm.user_id = $2`,
);
const insertStatement = statement(
  "task-mute.insert",
  `insert into notifications.task_mutes (id, organization_id, project_id, task_id, user_id, created_at) values ($1, $2, $3, $4, $5, $6)`,
);
const deleteStatement = statement(
  "task-mute.delete",
  `delete from notifications.task_mutes tm where tm.task_id = $1 and tm.user_id = $2 returning ${taskMuteColumns}`,
);

/**
 * Of this task, the caller hears only what is addressed to them: mentions and assignments. Repeated, it answers the
 * same.
 *
 * @throws AppError `not-found` | `rule.broken` (in the trash)
 */
export const muteTask = (ctx: Ctx, { taskId }: Input): Promise<TaskMuteView> =>
  inTransaction(ctx, async (ctx) => {
    const { userId } = ctx.actor;
    const task = await accessTask(ctx, taskId, "task.watch");
    requireNotTrashed(task);
    await shareOrganization(ctx, task.organizationId);
    const [[known]] = await Promise.all([
      ctx.sql.query<TaskMuteView>(mineStatement, [taskId, userId]),
      admitToTask(ctx, taskId, "task.watch"), // who lost sight of it meanwhile
    ]);
    if (known) return known;
    const { organizationId, projectId } = task;
    const mute = { id: v7(), organizationId, projectId, taskId, userId, createdAt: ctx.now.toISOString() };
    write(ctx, insertStatement, Object.values(mute));
    return record(ctx, taskMuted, null, mute);
  });

/** The caller hears of a task as before. Repeated, it changes nothing. @throws AppError `not-found` */
export const unmuteTask = (ctx: Ctx, { taskId }: Input): Promise<{ muted: false }> =>
  inTransaction(ctx, async (ctx) => {
    const [, [mute]] = await Promise.all([
      admitToTask(ctx, taskId, "task.watch"),
      ctx.sql.query<TaskMuteView>(deleteStatement, [taskId, ctx.actor.userId]),
    ]);
    if (mute) record(ctx, taskUnmuted, mute, null);
    return { muted: false };
  });
