import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { watchLevels as levels } from "../server/domain/notifications/event.matrix.ts";
import { getPreferences, preferencesSchema } from "../server/domain/notifications/get-preferences.ts";
import {
  countNotifications,
  listNotifications,
  listNotificationsInput,
  notificationCountsSchema,
} from "../server/domain/notifications/list-notifications.ts";
import {
  archiveNotification,
  archiveReadNotifications,
  markAllInput,
  markedSchema,
  notificationInput,
  readAllNotifications,
  readNotification,
  unarchiveNotification,
  unreadNotification,
} from "../server/domain/notifications/mark-notifications.ts";
import { muteTask, muteTaskInput, unmuteTask } from "../server/domain/notifications/mute-task.ts";
import { accessNotification } from "../server/domain/notifications/notification.access.ts";
import { notificationViewSchema } from "../server/domain/notifications/notification.view.ts";
import { scopeInput } from "../server/domain/notifications/preference.access.ts";
import {
  modesSchema,
  settingsViewSchema,
  taskMuteViewSchema,
  watchLevelViewSchema,
} from "../server/domain/notifications/preference.view.ts";
import {
  resetPreferences,
  resetPreferencesInput,
  setHours,
  setHoursInput,
  setPreferences,
  setPreferencesInput,
} from "../server/domain/notifications/set-preferences.ts";
import { resetWatchLevel, setWatchLevel, setWatchLevelInput } from "../server/domain/notifications/set-watch-level.ts";
import {
  snoozeNotification,
  snoozeNotificationInput,
  unsnoozeNotification,
} from "../server/domain/notifications/snooze-notification.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const notifications = router({
  get: procedure
    .meta(rest("GET /notifications/{notificationId}", "Read a notification of mine", { access: "signed-in" }))
    .input(z.strictObject(notificationInput.shape))
    .output(notificationViewSchema)
    .query(async ({ ctx, input }) => (await accessNotification(ctx, input.notificationId)).notification),

  list: procedure
    .meta(
      rest("GET /notifications", "List my notifications", {
        access: "signed-in",
        description: "The latest comes first. The channel `user:<id>` holds all that are not archived, live.",
        example: { input: { state: "unread" } },
      }),
    )
    .input(listNotificationsInput)
    .output(pageOf(notificationViewSchema))
    .query(({ ctx, input }) => listNotifications(ctx, input)),

  counts: procedure
    .meta(rest("GET /notification-counts", "Count my unread notifications", { access: "signed-in" }))
    .output(notificationCountsSchema)
    .query(({ ctx }) => countNotifications(ctx)),

  read: procedure
    .meta(rest("POST /notifications/{notificationId}/read", "Mark a notification as read", { access: "signed-in" }))
    .input(mutates(notificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => readNotification(ctx, input)),

  unread: procedure
    .meta(rest("POST /notifications/{notificationId}/unread", "Mark a notification as unread", { access: "signed-in" }))
    .input(mutates(notificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => unreadNotification(ctx, input)),

  archive: procedure
    .meta(rest("POST /notifications/{notificationId}/archive", "Archive a notification", { access: "signed-in" }))
    .input(mutates(notificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => archiveNotification(ctx, input)),

  unarchive: procedure
    .meta(
      rest("POST /notifications/{notificationId}/unarchive", "Take a notification back into the inbox", {
        access: "signed-in",
      }),
    )
    .input(mutates(notificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => unarchiveNotification(ctx, input)),

  snooze: procedure
    .meta(
      rest("POST /notifications/{notificationId}/snooze", "Hide a notification for a while", {
        access: "signed-in",
        description: "It comes back unread.",
      }),
    )
    .input(mutates(snoozeNotificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => snoozeNotification(ctx, input)),

  unsnooze: procedure
    .meta(
      rest("POST /notifications/{notificationId}/unsnooze", "Show a snoozed notification again", {
        access: "signed-in",
      }),
    )
    .input(mutates(notificationInput))
    .output(notificationViewSchema)
    .mutation(({ ctx, input }) => unsnoozeNotification(ctx, input)),

  readAll: procedure
    .meta(
      rest("POST /notifications/read", "Mark all my notifications as read", {
        access: "signed-in",
        description: "Or those of an organization, a project or a task.",
      }),
    )
    .input(mutates(markAllInput))
    .output(markedSchema)
    .mutation(({ ctx, input }) => readAllNotifications(ctx, input)),

  archiveRead: procedure
    .meta(
      rest("POST /notifications/archive-read", "Archive all that I have read", {
        access: "signed-in",
        description: "Or that of an organization, a project or a task.",
      }),
    )
    .input(mutates(markAllInput))
    .output(markedSchema)
    .mutation(({ ctx, input }) => archiveReadNotifications(ctx, input)),

  muteTask: procedure
    .meta(
      rest("PUT /tasks/{taskId}/mute", "Mute a task", {
        access: "task.watch",
        description: "Mentions and assignments still come through.",
      }),
    )
    .input(mutates(muteTaskInput))
    .output(taskMuteViewSchema)
    .mutation(({ ctx, input }) => muteTask(ctx, input)),

  unmuteTask: procedure
    .meta(rest("DELETE /tasks/{taskId}/mute", "Mute a task no longer", { access: "task.watch" }))
    .input(mutates(muteTaskInput))
    .output(z.object({ muted: z.literal(false) }))
    .mutation(({ ctx, input }) => unmuteTask(ctx, input)),
});

export const watchLevels = router({
  set: procedure
    .meta(
      rest("PUT /projects/{projectId}/watch-level", "Choose how much of a project I hear", {
        access: "project.read",
        description: "Without it, what I take part in.",
      }),
    )
    .input(mutates(setWatchLevelInput))
    .output(watchLevelViewSchema)
    .mutation(({ ctx, input }) => setWatchLevel(ctx, input)),

  reset: procedure
    .meta(
      rest("DELETE /projects/{projectId}/watch-level", "Hear what I take part in in a project", {
        access: "project.read",
      }),
    )
    .input(mutates(setWatchLevelInput.pick({ projectId: true })))
    .output(z.object({ level: z.enum(levels) }))
    .mutation(({ ctx, input }) => resetWatchLevel(ctx, input)),
});

const written = z.object({ modes: modesSchema.describe("what is wished there now") });

export const notificationPreferences = router({
  get: procedure
    .meta(
      rest("GET /notification-preferences", "Read how I am told of what", {
        access: "signed-in",
        description: "As resolved for a project, for an organization, or for everywhere.",
      }),
    )
    .input(scopeInput)
    .output(preferencesSchema)
    .query(({ ctx, input }) => getPreferences(ctx, input)),

  set: procedure
    .meta(
      rest("PATCH /notification-preferences", "Choose how I am told of what", {
        access: "signed-in",
        description: "In a project, in an organization, or everywhere. The most specific wish counts, cell by cell.",
        example: { input: { cells: [{ event: "commented", channel: "mail", mode: "daily" }] } },
      }),
    )
    .input(mutates(setPreferencesInput))
    .output(written)
    .mutation(({ ctx, input }) => setPreferences(ctx, input)),

  reset: procedure
    .meta(rest("DELETE /notification-preferences", "Forget what I chose", { access: "signed-in" }))
    .input(mutates(resetPreferencesInput))
    .output(written)
    .mutation(({ ctx, input }) => resetPreferences(ctx, input)),

  setHours: procedure
    .meta(
      rest("PATCH /notification-hours", "Choose when I am left in peace", {
        access: "signed-in",
        description: "Quiet hours and days off hold mail and push back; times are those of my time zone.",
        example: { input: { quietFrom: "22:00", quietTo: "07:00", holdDaysOff: true } },
      }),
    )
    .input(mutates(setHoursInput))
    .output(settingsViewSchema)
    .mutation(({ ctx, input }) => setHours(ctx, input)),
});
