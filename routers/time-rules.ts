import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { createActivity, createActivityInput } from "../server/domain/time/create-activity.ts";
import { deleteActivity, deleteActivityInput } from "../server/domain/time/delete-activity.ts";
import {
  createRate,
  createRateInput,
  deleteRate,
  deleteRateInput,
  listRates,
  listRatesInput,
  updateRate,
  updateRateInput,
} from "../server/domain/time/rates.ts";
import { listActivities, listActivitiesInput } from "../server/domain/time/time.lists.ts";
import { activityViewSchema, rateViewSchema, timeSettingsViewSchema } from "../server/domain/time/time.view.ts";
import {
  closeTime,
  closeTimeInput,
  getTimeSettings,
  timeRulesSchema,
  updateTimeSettings,
  updateTimeSettingsInput,
} from "../server/domain/time/time-settings.ts";
import { updateActivity, updateActivityInput } from "../server/domain/time/update-activity.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const gone = z.object({ id: z.uuid() });

export const timeSettings = router({
  get: procedure
    .meta(
      rest("GET /organizations/{organizationId}/time-settings", "Read how time counts", {
        access: "organization.read",
      }),
    )
    .input(z.strictObject({ organizationId: id }))
    .output(timeRulesSchema)
    .query(({ ctx, input }) => getTimeSettings(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /organizations/{organizationId}/time-settings", "Change how time counts from now on", {
        access: "time.configure",
        description: "Overlaps, rounding, who approves, and when approved sheets are locked.",
      }),
    )
    .input(mutates(updateTimeSettingsInput))
    .output(timeSettingsViewSchema)
    .mutation(({ ctx, input }) => updateTimeSettings(ctx, input)),
  close: procedure
    .meta(
      rest("POST /organizations/{organizationId}/time-settings/close", "Close all time up to a day, for good", {
        access: "time.close",
        description: "Nothing of it changes any more, in whatever way. Its sheets are locked soon after.",
      }),
    )
    .input(mutates(closeTimeInput))
    .output(timeSettingsViewSchema)
    .mutation(({ ctx, input }) => closeTime(ctx, input)),
});

export const activities = router({
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/activities", "List the kinds of work, by name", {
        access: "organization.read",
      }),
    )
    .input(listActivitiesInput)
    .output(pageOf(activityViewSchema))
    .query(({ ctx, input }) => listActivities(ctx, input)),
  create: procedure
    .meta(rest("POST /organizations/{organizationId}/activities", "Add a kind of work", { access: "activity.manage" }))
    .input(mutates(createActivityInput))
    .output(activityViewSchema)
    .mutation(({ ctx, input }) => createActivity(ctx, input)),
  update: procedure
    .meta(rest("PATCH /activities/{activityId}", "Change or archive a kind of work", { access: "activity.manage" }))
    .input(mutates(updateActivityInput))
    .output(activityViewSchema)
    .mutation(({ ctx, input }) => updateActivity(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /activities/{activityId}", "Delete a kind of work", {
        access: "activity.manage",
        description: "Only one that no time was booked on; archive others.",
      }),
    )
    .input(mutates(deleteActivityInput))
    .output(gone)
    .mutation(({ ctx, input }) => deleteActivity(ctx, input)),
});

export const rates = router({
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/rates", "List what an hour is worth, the latest first", {
        access: "time.read-money",
        description: "With its history. Follow it live in `organization-rates:<id>`.",
      }),
    )
    .input(listRatesInput)
    .output(pageOf(rateViewSchema))
    .query(({ ctx, input }) => listRates(ctx, input)),
  create: procedure
    .meta(
      rest("POST /organizations/{organizationId}/rates", "Say what an hour is worth from a day on", {
        access: "rate.manage",
        description:
          "The one for a person in a project goes before the one for the project, then the person, then all. A change is a new rate.",
      }),
    )
    .input(mutates(createRateInput))
    .output(rateViewSchema)
    .mutation(({ ctx, input }) => createRate(ctx, input)),
  update: procedure
    .meta(rest("PATCH /rates/{rateId}", "Correct a rate", { access: "rate.manage" }))
    .input(mutates(updateRateInput))
    .output(rateViewSchema)
    .mutation(({ ctx, input }) => updateRate(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /rates/{rateId}", "Delete a rate", { access: "rate.manage" }))
    .input(mutates(deleteRateInput))
    .output(gone)
    .mutation(({ ctx, input }) => deleteRate(ctx, input)),
});
