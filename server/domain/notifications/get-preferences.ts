import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { deliveryChannels, deliveryModes, eventMatrix, eventSchema, notificationEvents } from "./event.matrix.ts";
import { accessScope, type scopeInput } from "./preference.access.ts";
import { type Modes, type SettingsView, settingsColumns, settingsViewSchema } from "./preference.view.ts";
import { noPeace } from "./quiet-hours.ts";
import { preferenceSources, resolvePreference } from "./resolve-preference.ts";

const cellSchema = z.object({
  mode: z.enum(deliveryModes),
  source: z.enum(preferenceSources).describe("whose word it is: the most specific one that was given"),
});

export const preferencesSchema = z
  .object({
    matrix: z.array(
      z.object({
        event: eventSchema,
        summary: z.string(),
        channels: z.object({ inApp: cellSchema, mail: cellSchema, push: cellSchema }),
      }),
    ),
    hours: settingsViewSchema.pick({ quietFrom: true, quietTo: true, holdDaysOff: true, digestHour: true }),
  })
  .meta({ id: "NotificationPreferences" });

const settingsStatement = statement(
  "notification-settings.mine",
  `select ${settingsColumns} from notifications.settings ns where ns.id = $1`,
);
const modesStatement = statement(
  "notification-preference.modes",
  `select np.project_id as "projectId", np.modes from notifications.preferences np
  where np.user_id = $1 and np.organization_id = $2 and (np.project_id is null or np.project_id = $3)`,
);

/**
 * How the caller is told of each event, by each channel, as it is resolved for a project, an organization, or everywhere.
 *
 * @throws AppError `not-found`
 */
export async function getPreferences(
  ctx: Ctx,
  input: z.output<typeof scopeInput>,
): Promise<z.output<typeof preferencesSchema>> {
  const scope = await accessScope(ctx, input);
  const { userId } = ctx.actor;
  const [[settings], rows] = await Promise.all([
    ctx.sql.query<SettingsView>(settingsStatement, [userId]),
    scope
      ? ctx.sql.query<{ projectId: string | null; modes: Modes }>(modesStatement, [
          userId,
          scope.organizationId,
          scope.projectId,
        ])
      : [],
  ]);
  const wishes = {
    project: rows.find(({ projectId }) => projectId !== null)?.modes ?? null,
    organization: rows.find(({ projectId }) => projectId === null)?.modes ?? null,
    personal: settings?.modes ?? null,
  };
  const { quietFrom, quietTo, holdDaysOff, digestHour } = settings ?? noPeace;
  return {
    matrix: notificationEvents.map((event) => {
      const [inApp, mail, push] = deliveryChannels.map((channel) => resolvePreference(wishes, event, channel));
      type Cell = ReturnType<typeof resolvePreference>;
      return {
        event,
        summary: eventMatrix[event].summary,
        channels: { inApp: inApp as Cell, mail: mail as Cell, push: push as Cell },
      };
    }),
    hours: { quietFrom, quietTo, holdDaysOff, digestHour },
  };
}
