import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessActivity } from "./configuration.access.ts";
import { activityDeleted } from "./time.events.ts";

export const deleteActivityInput = z.object({ activityId: id });

const usedStatement = statement(
  "activity.used",
  `select from time.entries where activity_id = $1 union all select from time.timers where activity_id = $1 limit 1`,
);
const deleteStatement = statement("activity.delete", "delete from time.activities where id = $1");

/**
 * Deletes an activity that no time was booked on; others are archived.
 *
 * @throws AppError `not-found` (also when repeated) | `access.denied` | `rule.broken` (in use)
 */
export const deleteActivity = (ctx: Ctx, input: z.output<typeof deleteActivityInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const activity = await accessActivity(ctx, input.activityId, "activity.manage");
    const used = await ctx.sql.query(usedStatement, [activity.id]);
    if (used.length > 0)
      throw ruleBroken("activity.in-use", "Time was booked on this activity; archive it instead.", {
        activityId: activity.id,
      });
    write(ctx, deleteStatement, [activity.id]); // whoever books on it meanwhile makes this fail: `conflict`
    record(ctx, activityDeleted, activity, null);
    return { id: activity.id };
  });
