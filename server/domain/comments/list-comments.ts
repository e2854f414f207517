import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { inScope } from "../scopes.ts";
import { accessTasks } from "../tasks/task.access.ts";
import { accessComments } from "./comment.access.ts";
import { type CommentView, commentColumns } from "./comment.view.ts";

export const listCommentsInput = z.strictObject({
  taskId: id,
  threadId: z
    .union([z.literal("none"), id])
    .optional()
    .describe("replies to this comment; `none`: only what begins a thread"),
  pinned: z.boolean().optional(),
  resolved: z.boolean().optional().describe("threads that are settled, or those that are not"),
  order: z.enum(["asc", "desc"]).default("asc").describe("`asc`: the oldest first"),
  ...page,
});

/** Two fixed texts: no caller's word becomes part of them. */
const listStatement = (order: "asc" | "desc", than: ">" | "<") =>
  statement(
    `comment.list-${order}`,
    `select ${commentColumns}, c.created_at::text as "sortText" from comments.comments c
    where c.task_id = $1 and ($2 or not c.internal)
      and (not $3 or c.thread_id is null) and ($4::uuid is null or c.thread_id = $4)
      and ($5::boolean is null or (c.pinned_at is not null) = $5)
      and ($6::boolean is null or c.thread_id is null and (c.resolved_at is not null) = $6)
      and ($7::text is null or (c.created_at, c.id) ${than} ($7::timestamptz, $8::uuid))
    order by c.created_at ${order}, c.id ${order} limit $9`,
  );
const listStatements = { asc: listStatement("asc", ">"), desc: listStatement("desc", "<") };

/**
 * The comments on a task, deleted ones among them; internal ones only for those who may read them.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor) | `rule.broken` (in the trash)
 */
export async function listComments(ctx: Ctx, input: z.output<typeof listCommentsInput>) {
  const place = placeOf(input.cursor);
  const { internal } = await accessComments(ctx, input.taskId);
  const { taskId, threadId, pinned = null, resolved = null, order, limit } = input;
  const thread = threadId === "none" ? [true, null] : [false, threadId ?? null];
  const values = [taskId, internal, ...thread, pinned, resolved, ...place, limit + 1];
  return pageFrom(await ctx.sql.query<CommentView & { sortText: string }>(listStatements[order], values), limit);
}

export const countCommentsInput = z.strictObject({ taskIds: z.array(id).min(1).max(200) });

export const commentCountsSchema = z
  .object({
    taskId: z.uuid(),
    comments: z.int().describe("without deleted ones"),
    openThreads: z.int().describe("threads that are not resolved"),
    unread: z.int().describe("others' comments after what the caller has read"),
    unreadMentions: z.int().describe("those of them that name the caller"),
  })
  .meta({ id: "CommentCounts" });
type CommentCounts = z.output<typeof commentCountsSchema>;

const countStatement = statement(
  "comment.count",
  `select asked.id as "taskId", count(c.id) as comments,
    count(c.id) filter (where c.thread_id is null and c.resolved_at is null) as "openThreads",
    count(c.id) filter (where unread.it) as unread,
    count(c.id) filter (where unread.it and $2 = any(c.mentioned_user_ids)) as "unreadMentions"
  from unnest($1::uuid[]) with ordinality as asked (id, place)
  left join comments.read_positions rp on rp.task_id = asked.id and rp.user_id = $2
  left join comments.comments c on c.task_id = asked.id and c.deleted_at is null and (not c.internal
    or $3 and exists (select from organizations.members me where me.organization_id = c.organization_id and me.user_id = $2 and me.role <> 'guest'))
  cross join lateral (select c.author_id <> $2 and c.created_at > coalesce(rp.read_up_to, '-infinity') as it) unread
  group by asked.place, asked.id order by asked.place`,
);

/**
 * How much was said about some tasks, and how much of it the caller has not read. Tasks in the trash are left out.
 *
 * @throws AppError `not-found` (any of them)
 */
export async function countComments(
  ctx: Ctx,
  input: z.output<typeof countCommentsInput>,
): Promise<{ items: CommentCounts[] }> {
  const tasks = await accessTasks(ctx, [...new Set(input.taskIds)], "comment.read");
  const present = tasks.flatMap((task) => (task.deletedAt ? [] : [task.id]));
  return {
    items: await ctx.sql.query<CommentCounts>(countStatement, [
      present,
      ctx.actor.userId,
      inScope(ctx.actor, "comment.internal"),
    ]),
  };
}
