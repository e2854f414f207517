import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessComments } from "./comment.access.ts";
import { readingAdvanced, readingBegan } from "./comment.events.ts";
import { type ReadPositionView, readPositionColumns } from "./comment.view.ts";

export const markReadInput = z.object({ taskId: id, commentId: id.describe("the last one that was read") });

/** One person's devices wait for each other; nobody else does. */
const lockStatement = statement(
  "read-position.lock",
  "select pg_advisory_xact_lock(hashtextextended('comments.read-position:' || $1::uuid || ':' || $2::uuid, 0))",
);
const mineStatement = statement(
  "read-position.mine",
  `select ${readPositionColumns} from comments.read_positions rp where rp.task_id = $1 and rp.user_id = $2`,
);
const commentStatement = statement(
  "read-position.comment",
  `select c.created_at as "createdAt", c.internal from comments.comments c where c.id = $1 and c.task_id = $2`,
);
const insertStatement = statement(
  "read-position.insert",
  `insert into comments.read_positions (id, organization_id, project_id, task_id, user_id, read_up_to, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7)`,
);
const updateStatement = statement(
  "read-position.update",
  "update comments.read_positions set read_up_to = $2, updated_at = $3 where id = $1",
);

/**
 * Notes how far the caller has read the comments on a task, for all their devices. It only goes forward: an earlier
 * comment changes nothing.
 *
 * @returns how far they have read by now
 * @throws AppError `not-found` (task, or comment on it) | `rule.broken` (in the trash)
 */
export const markRead = (ctx: Ctx, input: z.output<typeof markReadInput>): Promise<ReadPositionView> =>
  inTransaction(ctx, async (ctx) => {
    const { taskId, commentId } = input;
    const { userId } = ctx.actor;
    const [, { task, internal }, [mine], [comment]] = await Promise.all([
      ctx.sql.query(lockStatement, [taskId, userId]),
      accessComments(ctx, taskId),
      ctx.sql.query<ReadPositionView>(mineStatement, [taskId, userId]),
      ctx.sql.query<{ createdAt: string; internal: boolean }>(commentStatement, [commentId, taskId]),
    ]);
    if (!comment || (comment.internal && !internal)) throw notFound("comment", commentId);
    const position = { readUpTo: comment.createdAt, updatedAt: ctx.now.toISOString() };
    if (!mine) {
      const { organizationId, projectId } = task;
      const began: ReadPositionView = { id: v7(), organizationId, projectId, taskId, userId, ...position };
      write(ctx, insertStatement, [began.id, organizationId, projectId, taskId, userId, ...Object.values(position)]);
      return record(ctx, readingBegan, null, began);
    }
    if (mine.readUpTo >= position.readUpTo) return mine;
    write(ctx, updateStatement, [mine.id, position.readUpTo, position.updatedAt]);
    return record(ctx, readingAdvanced, mine, { ...mine, ...position });
  });
