import { z } from "zod";
import { Activity } from "../../../db/entities/time.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { accessActivity } from "./configuration.access.ts";
import { activityUpdated } from "./time.events.ts";
import type { ActivityView } from "./time.view.ts";

export const updateActivityInput = z.object({
  activityId: id,
  name: name(60).optional(),
  billable: z.boolean().optional().describe("of time from now on"),
  archived: z.boolean().optional().describe("no longer offered"),
  version: seenVersion,
});

/**
 * Changes the fields that are given. Time that was booked stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (the organization has an activity of this name)
 */
export const updateActivity = (ctx: Ctx, input: z.output<typeof updateActivityInput>): Promise<ActivityView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessActivity(ctx, input.activityId, "activity.manage");
    requireSeen(before, input.version);
    const { name, billable, archived } = input;
    const archivedAt =
      archived === undefined ? undefined : archived ? (before.archivedAt ?? ctx.now.toISOString()) : null;
    return record(ctx, activityUpdated, before, await save(ctx, Activity, before, { name, billable, archivedAt }));
  });
