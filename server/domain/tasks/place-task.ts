import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { freshRanks, rankBetween } from "../rank.ts";
import { taskReranked } from "./task.events.ts";
import { lockPlace, type Place, type Placed, type Position, requirePlace, saveTask } from "./task.queries.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

const columnStatement = statement(
  "task.column",
  `select ${taskColumns} from tasks.tasks t where t.status_id = $1 and t.deleted_at is null order by t.rank, t.id`,
);
const lockColumnStatement = statement(
  "task.lock-column",
  "select from tasks.tasks where status_id = $1 and deleted_at is null order by id for no key update",
);

/**
 * A rank in the gap. Where there is no room the status is spread out anew, each of its tasks telling its new rank.
 * The status must be locked by `lockPlace`.
 */
export async function rankIn(ctx: Ctx, place: Place, placed: Placed, position: Position): Promise<string> {
  const rank = rankBetween(place.afterRank, place.beforeRank);
  if (rank) return rank;
  const [, column] = await Promise.all([
    ctx.sql.query(lockColumnStatement, [place.statusId]),
    ctx.sql.query<TaskView>(columnStatement, [place.statusId]),
  ]);
  const others = column.filter((task) => task.id !== placed.taskId);
  const ranks = freshRanks(others.length);
  others.forEach((task, at) => {
    const reranked = saveTask(ctx, task, { ...task, rank: ranks[at] as string });
    record(ctx, taskReranked, task, reranked);
  });
  const roomy = await lockPlace(ctx, place.statusId, placed, position);
  requirePlace(roomy, place.statusId, position);
  return rankBetween(roomy.afterRank, roomy.beforeRank) as string;
}
