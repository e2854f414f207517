import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { type Exceeding, requireRoom, takesRoom } from "./task.rules.ts";
import type { Edit } from "./task.save.ts";

const roomStatement = statement(
  "task.room",
  `select s.id as "statusId", s.wip_limit as "wipLimit",
    (select count(*) from tasks.tasks c where c.status_id = s.id and c.deleted_at is null and c.archived_at is null) as taken
  from projects.statuses s where s.id = any($1::uuid[]) and s.wip_limit is not null order by s.id`,
);

/**
 * Asks each status that tasks enter, or in which they begin to count, whether it holds them. The statuses must be
 * locked, and nothing written yet.
 *
 * @throws AppError `rule.broken` when one would hold more than it may | `access.denied` when the wish to let it is not granted
 */
export async function requireRoomFor(ctx: Ctx, edits: readonly Edit[], exceeding?: Exceeding): Promise<void> {
  const entering = new Map<string, number>();
  const count = (statusId: string, by: number) => entering.set(statusId, (entering.get(statusId) ?? 0) + by);
  for (const { before, wanted } of edits) {
    if (takesRoom(wanted)) count(wanted.statusId, 1);
    if (takesRoom(before)) count(before.statusId, -1);
  }
  const statusIds = [...entering].filter(([, by]) => by > 0).map(([statusId]) => statusId);
  if (statusIds.length === 0) return;
  const places = await ctx.sql.query<Parameters<typeof requireRoom>[0]>(roomStatement, [statusIds]);
  for (const place of places) requireRoom(place, entering.get(place.statusId), exceeding);
}
