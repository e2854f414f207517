import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { accessTask } from "./task.access.ts";
import { requireNotTrashed } from "./task.rules.ts";
import { insertWatches, removeWatches } from "./task.watches.ts";
import { type WatchView, watchColumns } from "./task-link.view.ts";

export const watchTaskInput = z.object({ taskId: id });
type Input = z.output<typeof watchTaskInput>;

const mineStatement = statement(
  "watch.mine",
  `select ${watchColumns} from tasks.watches w where w.task_id = $1 and w.user_id = $2`,
);

/**
 * The caller hears of what happens to a task. Repeated, it answers the watch that exists.
 *
 * @throws AppError `not-found` | `rule.broken` (in the trash)
 */
export const watchTask = (ctx: Ctx, { taskId }: Input): Promise<WatchView> =>
  inTransaction(ctx, async (ctx) => {
    const [task, [known]] = await Promise.all([
      accessTask(ctx, taskId, "task.watch"),
      ctx.sql.query<WatchView>(mineStatement, [taskId, ctx.actor.userId]),
    ]);
    if (known) return known;
    requireNotTrashed(task);
    const [watch] = insertWatches(ctx, [{ task, userId: ctx.actor.userId }]);
    return watch as WatchView;
  });

/**
 * The caller no longer hears of a task. Repeated, it changes nothing.
 *
 * @throws AppError `not-found`
 */
export const unwatchTask = (ctx: Ctx, { taskId }: Input): Promise<{ watching: false }> =>
  inTransaction(ctx, async (ctx) => {
    const [, known] = await Promise.all([
      accessTask(ctx, taskId, "task.watch"),
      ctx.sql.query<WatchView>(mineStatement, [taskId, ctx.actor.userId]),
    ]);
    removeWatches(ctx, known);
    return { watching: false };
  });

export const watcherSchema = z.object({ userId: z.uuid(), name: z.string() });

const watchersStatement = statement(
  "watch.watchers",
  `select u.id as "userId", u.name from tasks.watches w
  join projects.projects p on p.id = w.project_id join auth.users u on u.id = w.user_id
  where w.task_id = $1 and u.disabled_at is null and ${projectRoleSql("p", "w.user_id")} > 0 order by w.id`,
);

/** Who watches a task and may read it now. @throws AppError `not-found` */
export async function listWatchers(ctx: Ctx, { taskId }: Input): Promise<{ items: z.output<typeof watcherSchema>[] }> {
  const [, items] = await Promise.all([
    accessTask(ctx, taskId, "task.read"),
    ctx.sql.query<z.output<typeof watcherSchema>>(watchersStatement, [taskId]),
  ]);
  return { items };
}

export const listWatchesInput = z.strictObject({ projectId: id.optional(), ...page });

const listStatement = statement(
  "watch.list",
  `select ${watchColumns}, w.id::text as "sortText" from tasks.watches w
  where w.user_id = $1 and ($2::uuid is null or w.project_id = $2) and ($3::text is null or w.id < $4::uuid)
  order by w.id desc limit $5`,
);

/** What the caller watches, the latest first. @throws AppError `validation.failed` (cursor) */
export async function listWatches(ctx: Ctx, { projectId, cursor, limit }: z.output<typeof listWatchesInput>) {
  const rows = await ctx.sql.query<WatchView & { sortText: string }>(listStatement, [
    ctx.actor.userId,
    projectId ?? null,
    ...placeOf(cursor),
    limit + 1,
  ]);
  return pageFrom(rows, limit);
}
