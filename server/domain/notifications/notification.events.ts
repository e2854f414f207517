import { defineChange } from "../change.ts";
import { type NotificationView, notificationViewSchema } from "./notification.view.ts";
import {
  preferenceViewSchema,
  type SettingsView,
  settingsViewSchema,
  taskMuteViewSchema,
  watchLevelViewSchema,
} from "./preference.view.ts";

/* All of it is everybody's own matter, so it lives in their own channel, and so on all their devices. */
const toPerson = (view: { userId: string }) => `user:${view.userId}` as const;

const notification = {
  entity: "notification",
  view: notificationViewSchema,
  channel: (view: NotificationView) => toPerson(view),
} as const;
export const notificationCreated = defineChange({ ...notification, type: "notification.created", op: "create" });
/** More of the same happened; it is unread still. */
export const notificationGathered = defineChange({ ...notification, type: "notification.gathered", op: "update" });
/** What it is about has another name, or its comment other words. */
export const notificationUpdated = defineChange({ ...notification, type: "notification.updated", op: "update" });
export const notificationRead = defineChange({ ...notification, type: "notification.read", op: "update" });
export const notificationUnread = defineChange({ ...notification, type: "notification.unread", op: "update" });
export const notificationSnoozed = defineChange({ ...notification, type: "notification.snoozed", op: "update" });
/** Its snooze ended: it is unread again. */
export const notificationWoken = defineChange({ ...notification, type: "notification.woken", op: "update" });
/** Out of the inbox: clients drop it. */
export const notificationArchived = defineChange({ ...notification, type: "notification.archived", op: "delete" });
/** Back into the inbox. */
export const notificationUnarchived = defineChange({ ...notification, type: "notification.unarchived", op: "create" });
/** What it is about went to another project. */
export const notificationMoved = defineChange({ ...notification, type: "notification.moved", op: "update" });
/** What it was about is gone, or out of sight. */
export const notificationDropped = defineChange({ ...notification, type: "notification.dropped", op: "delete" });

const settings = {
  entity: "notificationSettings",
  view: settingsViewSchema,
  channel: (view: SettingsView) => `user:${view.id}` as const,
} as const;
export const settingsMade = defineChange({ ...settings, type: "notification-settings.made", op: "create" });
export const settingsChanged = defineChange({ ...settings, type: "notification-settings.changed", op: "update" });

const preference = { entity: "notificationPreference", view: preferenceViewSchema, channel: toPerson } as const;
export const preferenceMade = defineChange({ ...preference, type: "notification-preference.made", op: "create" });
export const preferenceChanged = defineChange({ ...preference, type: "notification-preference.changed", op: "update" });
export const preferenceReset = defineChange({ ...preference, type: "notification-preference.reset", op: "delete" });

const watchLevel = { entity: "watchLevel", view: watchLevelViewSchema, channel: toPerson } as const;
export const watchLevelChosen = defineChange({ ...watchLevel, type: "watch-level.chosen", op: "create" });
export const watchLevelChanged = defineChange({ ...watchLevel, type: "watch-level.changed", op: "update" });
export const watchLevelReset = defineChange({ ...watchLevel, type: "watch-level.reset", op: "delete" });

const taskMute = { entity: "taskMute", view: taskMuteViewSchema, channel: toPerson } as const;
export const taskMuted = defineChange({ ...taskMute, type: "task-mute.muted", op: "create" });
export const taskMuteMoved = defineChange({ ...taskMute, type: "task-mute.moved", op: "update" });
export const taskUnmuted = defineChange({ ...taskMute, type: "task-mute.unmuted", op: "delete" });
