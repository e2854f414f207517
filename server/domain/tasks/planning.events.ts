import { defineChange } from "../change.ts";
import { recurrenceViewSchema } from "./recurrence.view.ts";
import { reminderViewSchema } from "./reminder.view.ts";
import { type SavedViewView, savedViewSchema } from "./saved-view.view.ts";

const inProject = (view: { projectId: string }) => `project:${view.projectId}` as const;

const recurrence = { entity: "recurrence", view: recurrenceViewSchema, channel: inProject } as const;
export const recurrenceCreated = defineChange({ ...recurrence, type: "recurrence.created", op: "create" });
export const recurrenceUpdated = defineChange({ ...recurrence, type: "recurrence.updated", op: "update" });
/** An occurrence was made, and its task with it. */
export const recurrenceOccurred = defineChange({ ...recurrence, type: "recurrence.occurred", op: "update" });
/** An occurrence could not be made; `problem` says why. */
export const recurrenceFailed = defineChange({ ...recurrence, type: "recurrence.failed", op: "update" });
export const recurrenceDeleted = defineChange({ ...recurrence, type: "recurrence.deleted", op: "delete" });

const reminder = {
  entity: "reminder",
  view: reminderViewSchema,
  channel: (view: { userId: string }) => `user:${view.userId}` as const,
} as const;
export const reminderCreated = defineChange({ ...reminder, type: "reminder.created", op: "create" });
/** Its time has come. Carries the whole reminder, so that whoever hears only this knows the task. */
export const reminderDue = defineChange({ ...reminder, type: "reminder.due", op: "create" });
export const reminderMissed = defineChange({ ...reminder, type: "reminder.missed", op: "update" });
/** Its task went to another project. */
export const reminderMoved = defineChange({ ...reminder, type: "reminder.moved", op: "update" });
export const reminderDeleted = defineChange({ ...reminder, type: "reminder.deleted", op: "delete" });

/** A shared view is in its project's channel, any other one in its owner's. */
const savedView = {
  entity: "savedView",
  view: savedViewSchema,
  channel: ({ isShared, projectId, ownerId }: SavedViewView) =>
    isShared ? (`project:${projectId}` as const) : (`user:${ownerId}` as const),
} as const;
export const viewCreated = defineChange({ ...savedView, type: "view.created", op: "create" });
export const viewUpdated = defineChange({ ...savedView, type: "view.updated", op: "update" });
/** It enters one channel, after `view.deleted` in the other. */
export const viewShared = defineChange({ ...savedView, type: "view.shared", op: "create" });
export const viewHidden = defineChange({ ...savedView, type: "view.hidden", op: "create" });
export const viewDeleted = defineChange({ ...savedView, type: "view.deleted", op: "delete" });
