import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { watchLevels } from "./event.matrix.ts";
import { watchLevelChanged, watchLevelChosen, watchLevelReset } from "./notification.events.ts";
import { shareOrganization } from "./notification.locks.ts";
import { type WatchLevelView, watchLevelColumns, type watchLevelViewSchema } from "./preference.view.ts";

export const setWatchLevelInput = z.object({ projectId: id, level: z.enum(watchLevels) });

const mineStatement = statement(
  "watch-level.mine",
  `select ${watchLevelColumns} from notifications.watch_levels wl where wl.project_id = $1 and wl.user_id = $2 for update`,
);
const setStatement = statement(
  "watch-level.set",
  `insert into notifications.watch_levels as wl (id, organization_id, project_id, user_id, level, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $6)
  on conflict (project_id, user_id) do update set level = excluded.level, updated_at = excluded.updated_at, version = wl.version + 1
  returning ${watchLevelColumns}`,
);
const deleteStatement = statement(
  "watch-level.delete",
  `delete from notifications.watch_levels wl where wl.project_id = $1 and wl.user_id = $2 returning ${watchLevelColumns}`,
);

/** One person's devices wait for each other; nobody else does. */
const lockStatement = statement(
  "watch-level.lock",
  "select pg_advisory_xact_lock(hashtextextended('notifications.watch-level:' || $1::uuid || ':' || $2::uuid, 0))",
);

/** The caller hears that much of a project from now on. The same level changes nothing. @throws AppError `not-found` */
export const setWatchLevel = (ctx: Ctx, input: z.output<typeof setWatchLevelInput>): Promise<WatchLevelView> =>
  inTransaction(ctx, async (ctx) => {
    const { projectId, level } = input;
    const { userId } = ctx.actor;
    const { organizationId } = await accessProject(ctx, projectId, "project.read");
    const [, , , [before]] = await Promise.all([
      shareOrganization(ctx, organizationId),
      ctx.sql.query(lockStatement, [projectId, userId]),
      accessProject(ctx, projectId, "project.read"), // who lost sight of it meanwhile
      ctx.sql.query<WatchLevelView>(mineStatement, [projectId, userId]),
    ]);
    if (before?.level === level) return before;
    const values = [v7(), organizationId, projectId, userId, level, ctx.now];
    const [after] = await ctx.sql.query<WatchLevelView>(setStatement, values);
    return record(ctx, before ? watchLevelChanged : watchLevelChosen, before ?? null, after as WatchLevelView);
  });

/** The caller hears of a project what they take part in. Repeated, it changes nothing. @throws AppError `not-found` */
export const resetWatchLevel = (
  ctx: Ctx,
  { projectId }: { projectId: string },
): Promise<{ level: z.output<typeof watchLevelViewSchema.shape.level> }> =>
  inTransaction(ctx, async (ctx) => {
    const [, [gone]] = await Promise.all([
      accessProject(ctx, projectId, "project.read"),
      ctx.sql.query<WatchLevelView>(deleteStatement, [projectId, ctx.actor.userId]),
    ]);
    if (gone) record(ctx, watchLevelReset, gone, null);
    return { level: "participating" };
  });
