import { z } from "zod";
import { Activity } from "../../../db/entities/time.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { insert } from "../save.ts";
import { activityCreated } from "./time.events.ts";
import type { ActivityView } from "./time.view.ts";

export const createActivityInput = z.object({
  organizationId: id,
  name: name(60),
  billable: z.boolean().default(true),
});

/** @throws AppError `not-found` | `access.denied` | `conflict` (the organization has an activity of this name) */
export const createActivity = (ctx: Ctx, input: z.output<typeof createActivityInput>): Promise<ActivityView> =>
  inTransaction(ctx, async (ctx) => {
    await accessOrganization(ctx, input.organizationId, "activity.manage");
    const { organizationId, name, billable } = input;
    const row = { organizationId, name, billable, archivedAt: null };
    return record(ctx, activityCreated, null, await insert<Activity, ActivityView>(ctx, Activity, row));
  });
