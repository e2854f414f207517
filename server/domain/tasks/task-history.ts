import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { accessTask } from "./task.access.ts";

export const taskHistoryInput = z.strictObject({ taskId: id, ...page });

export const taskHistorySchema = z
  .object({
    id: z.uuid().describe("of the change"),
    at: z.iso.datetime(),
    actorId: z.uuid().nullable(),
    type: z.string().describe("the fact: `task.moved`"),
    fields: z
      .array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() }))
      .describe("what was altered; empty when the task came or went as a whole"),
  })
  .meta({ id: "TaskHistoryEntry" });

const historyStatement = statement(
  "task.history",
  `select c.id, c.at, c.actor_id as "actorId", c.type, c.patch, c.before, c.seq::text as "sortText"
  from feed.changes c
  where c.entity_id = $1 and c.channel = (select 'project:' || t.project_id from tasks.tasks t where t.id = $1)
    and c.type <> 'task.reranked' and ($2::bigint is null or c.seq < $2)
  order by c.seq desc limit $3`,
);

interface Row {
  id: string;
  at: string;
  actorId: string | null;
  type: string;
  patch: Record<string, unknown>;
  before: Record<string, unknown> | null;
  sortText: string;
}

/**
 * Who changed what of a task and when, the latest first: old and new value of each field.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor)
 */
export async function taskHistory(ctx: Ctx, { taskId, cursor, limit }: z.output<typeof taskHistoryInput>) {
  const [seq] = placeOf(cursor);
  const [, rows] = await Promise.all([
    accessTask(ctx, taskId, "task.read"),
    ctx.sql.query<Row>(historyStatement, [taskId, seq, limit + 1]),
  ]);
  const { items, nextCursor } = pageFrom(rows, limit);
  return {
    items: items.map(({ patch, before, ...entry }) => ({
      ...entry,
      fields: Object.entries(before ?? {}).flatMap(([field, from]) => valuesOf(field, from, patch[field])),
    })),
    nextCursor,
  };
}

/** Custom fields one by one, as `fields.<id>`; null where there was, or is, no value. */
function valuesOf(field: string, from: unknown, to: unknown): { field: string; from: unknown; to: unknown }[] {
  if (field !== "fields") return [{ field, from, to }];
  const [old, now] = [from, to] as Record<string, unknown>[];
  return [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])]
    .map((id) => ({ field: `fields.${id}`, from: old?.[id] ?? null, to: now?.[id] ?? null }))
    .filter((value) => JSON.stringify(value.from) !== JSON.stringify(value.to));
}
