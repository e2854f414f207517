import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { rankBetween, ranksBetween } from "../rank.ts";
import { taskReranked } from "./task.events.ts";
import type { Place } from "./task.queries.ts";
import { saveTasks } from "./task.save.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

/** A rank in the gap for a task `taskId`. The status must be locked by `lockPlace`. */
export async function rankIn(ctx: Ctx, place: Place, taskId: string): Promise<string> {
  return rankBetween(place.afterRank, place.beforeRank) ?? (await makeRoom(ctx, place, [taskId]))[0]!;
}

/** Ranks in the gap for several tasks, in order. The status must be locked by `lockPlace`. */
export async function ranksIn(ctx: Ctx, place: Place, taskIds: readonly string[]): Promise<string[]> {
  return ranksBetween(place.afterRank, place.beforeRank, taskIds.length) ?? (await makeRoom(ctx, place, taskIds));
}

/** Rewritten ranks are at most this long, so that it takes long until they are rewritten again. */
const comfortable = 24;

/**
 * Spreads out anew the tasks around a gap, and no more of them than needed; each tells its new rank.
 *
 * @returns ranks in the gap, one for each of `taskIds`
 */
async function makeRoom(ctx: Ctx, place: Place, taskIds: readonly string[]): Promise<string[]> {
  for (let reach = 32; ; reach *= 4) {
    const [before, behind] = await Promise.all([
      neighbours(ctx, "before", place, taskIds, reach),
      neighbours(ctx, "behind", place, taskIds, reach),
    ]);
    const moved = [...before.within.reverse(), ...behind.within];
    const whole = before.bound === null && behind.bound === null;
    const count = moved.length + taskIds.length;
    const ranks = ranksBetween(before.bound, behind.bound, count, whole ? 64 : comfortable);
    if (!ranks) continue;
    const free = ranks.splice(before.within.length, taskIds.length);
    await rerank(ctx, place, moved, ranks);
    return free;
  }
}

interface Neighbour {
  id: string;
  rank: string;
}

const neighboursSql = (comparison: string, direction: string) =>
  `select t.id, t.rank from tasks.tasks t
  where t.status_id = $1 and t.deleted_at is null and t.id <> all($2::uuid[])
    and (t.rank, t.id) ${comparison} (coalesce($3, ''), coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'))
  order by t.rank ${direction}, t.id ${direction} limit $5`;
const neighbourStatements = {
  before: statement("task.neighbours-before", neighboursSql("<=", "desc")),
  behind: statement("task.neighbours-behind", neighboursSql(">", "asc")),
};

/** Up to `reach` tasks on one side of a gap, the nearest first, and the rank of the one beyond them. */
async function neighbours(
  ctx: Ctx,
  side: keyof typeof neighbourStatements,
  place: Place,
  taskIds: readonly string[],
  reach: number,
): Promise<{ within: Neighbour[]; bound: string | null }> {
  const found = await ctx.sql.query<Neighbour>(neighbourStatements[side], [
    place.statusId,
    taskIds,
    place.afterRank,
    place.afterTaskId,
    reach + 1,
  ]);
  return { within: found.slice(0, reach), bound: found[reach]?.rank ?? null };
}

const lockStatement = statement(
  "task.lock-neighbours",
  "select from tasks.tasks where id = any($1::uuid[]) order by id for no key update",
);
const readStatement = statement(
  "task.read-neighbours",
  `select ${taskColumns} from tasks.tasks t where t.id = any($1::uuid[]) and t.status_id = $2 and t.deleted_at is null`,
);

/** Those who left the status before they were locked keep their rank elsewhere. */
async function rerank(ctx: Ctx, place: Place, moved: Neighbour[], ranks: string[]): Promise<void> {
  const ids = moved.map((neighbour) => neighbour.id);
  const [, tasks] = await Promise.all([
    ctx.sql.query(lockStatement, [ids]),
    ctx.sql.query<TaskView>(readStatement, [ids, place.statusId]),
  ]);
  const rankOf = new Map(ids.map((id, at) => [id, ranks[at] as string]));
  const edits = tasks.map((before) => ({ before, wanted: { ...before, rank: rankOf.get(before.id) as string } }));
  saveTasks(ctx, edits).forEach((after, at) => {
    record(ctx, taskReranked, tasks[at] as TaskView, after);
  });
}
