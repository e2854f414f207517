import { z } from "zod";
import { instant } from "../fields.ts";
import { deliveryChannels, deliveryModes, notificationEvents, watchLevels } from "./event.matrix.ts";

const stamps = { createdAt: instant, updatedAt: instant, version: z.int() };

/** Only what is wished otherwise: `{ commented: { mail: "daily" } }`. */
export const modesSchema = z.partialRecord(
  z.enum(notificationEvents),
  z.partialRecord(z.enum(deliveryChannels), z.enum(deliveryModes)),
);
export type Modes = z.output<typeof modesSchema>;

const localTime = z.iso.time({ precision: -1 });

export const settingsViewSchema = z
  .object({
    id: z.uuid().describe("the person's"),
    modes: modesSchema.describe("what they want otherwise than the product's defaults"),
    quietFrom: localTime.nullable().describe("`22:00`, in the person's time zone"),
    quietTo: localTime.nullable().describe("may be on the next day"),
    holdDaysOff: z.boolean().describe("mail and push wait on days that are no working days of the person"),
    digestHour: z.int().describe("0 to 23: when daily digests are sent, in the person's time zone"),
    ...stamps,
  })
  .meta({ id: "NotificationSettings" });
/** How somebody wants to be told, wherever they are. */
export type SettingsView = z.output<typeof settingsViewSchema>;
export const settingsColumns = `ns.id, ns.modes, to_char(ns.quiet_from, 'HH24:MI') as "quietFrom", to_char(ns.quiet_to, 'HH24:MI') as "quietTo",
  ns.hold_days_off as "holdDaysOff", ns.digest_hour as "digestHour", ns.created_at as "createdAt", ns.updated_at as "updatedAt", ns.version`;

export const preferenceViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid().nullable().describe("null: for the whole organization"),
    userId: z.uuid(),
    modes: modesSchema,
    ...stamps,
  })
  .meta({ id: "NotificationPreference" });
/** How somebody wants to be told in one organization or project. */
export type PreferenceView = z.output<typeof preferenceViewSchema>;
export const preferenceColumns = `np.id, np.organization_id as "organizationId", np.project_id as "projectId", np.user_id as "userId", np.modes,
  np.created_at as "createdAt", np.updated_at as "updatedAt", np.version`;

export const watchLevelViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    userId: z.uuid(),
    level: z.enum(watchLevels),
    ...stamps,
  })
  .meta({ id: "WatchLevel" });
/** How much of a project somebody wants to hear; without it, `participating`. */
export type WatchLevelView = z.output<typeof watchLevelViewSchema>;
export const watchLevelColumns = `wl.id, wl.organization_id as "organizationId", wl.project_id as "projectId", wl.user_id as "userId", wl.level,
  wl.created_at as "createdAt", wl.updated_at as "updatedAt", wl.version`;

export const taskMuteViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    userId: z.uuid(),
    createdAt: instant,
  })
  .meta({ id: "TaskMute" });
/** A task of which somebody hears only what is addressed to them. */
export type TaskMuteView = z.output<typeof taskMuteViewSchema>;
export const taskMuteColumns = `tm.id, tm.organization_id as "organizationId", tm.project_id as "projectId", tm.task_id as "taskId", tm.user_id as "userId", tm.created_at as "createdAt"`;
