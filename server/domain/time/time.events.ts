import type { Channel } from "../../platform/feed.ts";
import { defineChange } from "../change.ts";
import {
  activityViewSchema,
  rateViewSchema,
  type TimeEntryView,
  type TimesheetView,
  timeEntryViewSchema,
  timerViewSchema,
  timeSettingsViewSchema,
  timesheetViewSchema,
} from "./time.view.ts";

/** What runs is everybody's own matter, on all their devices. */
const timer = {
  entity: "timer",
  view: timerViewSchema,
  channel: (view: { userId: string }) => `user:${view.userId}` as const,
} as const;
export const timerStarted = defineChange({ ...timer, type: "timer.started", op: "create" });
/** It goes on for other work; the time so far is booked. */
export const timerSwitched = defineChange({ ...timer, type: "timer.switched", op: "update" });
/** What it says of the work was corrected; it goes on. */
export const timerUpdated = defineChange({ ...timer, type: "timer.updated", op: "update" });
/** The time is booked. */
export const timerStopped = defineChange({ ...timer, type: "timer.stopped", op: "delete" });
/** No time is booked. */
export const timerDiscarded = defineChange({ ...timer, type: "timer.discarded", op: "delete" });

/**
 * Time stands in its sheet's channel, and, until it is locked, in that of its project's managers. Moved to another sheet
 * or project it is deleted in the one channel and created in the other.
 */
const timeEntry = {
  entity: "timeEntry",
  view: timeEntryViewSchema,
  channel: ({ timesheetId, projectId }: TimeEntryView): readonly Channel[] => [
    `timesheet:${timesheetId}`,
    `project-time:${projectId}`,
  ],
} as const;
export const timeEntryCreated = defineChange({ ...timeEntry, type: "time-entry.created", op: "create" });
export const timeEntryUpdated = defineChange({ ...timeEntry, type: "time-entry.updated", op: "update" });
export const timeEntryDeleted = defineChange({ ...timeEntry, type: "time-entry.deleted", op: "delete" });
/** It is locked: what managers follow holds it no longer, its sheet does. */
export const timeEntrySettled = defineChange({
  ...timeEntry,
  type: "time-entry.settled",
  op: "delete",
  channel: ({ projectId }: TimeEntryView): readonly Channel[] => [`project-time:${projectId}`],
});

/** A sheet stands in its own channel, in that of its person, and in those of who may decide on it. */
const timesheet = {
  entity: "timesheet",
  view: timesheetViewSchema,
  channel: ({ id, userId, organizationId }: TimesheetView): readonly Channel[] => [
    `timesheet:${id}`,
    `user:${userId}`,
    `organization-admins:${organizationId}`,
  ],
} as const;
export const timesheetOpened = defineChange({ ...timesheet, type: "timesheet.opened", op: "create" });
export const timesheetSubmitted = defineChange({ ...timesheet, type: "timesheet.submitted", op: "update" });
/** Taken back before anybody decided. */
export const timesheetWithdrawn = defineChange({ ...timesheet, type: "timesheet.withdrawn", op: "update" });
export const timesheetApproved = defineChange({
  ...timesheet,
  type: "timesheet.approved",
  op: "update",
  audited: true,
});
export const timesheetReturned = defineChange({
  ...timesheet,
  type: "timesheet.returned",
  op: "update",
  audited: true,
});
export const timesheetLocked = defineChange({
  ...timesheet,
  type: "timesheet.locked",
  op: "update",
  audited: true,
  channel: ({ id }: TimesheetView): readonly Channel[] => [`timesheet:${id}`],
});
/** It is locked: only its own channel holds it from now on. */
export const timesheetSettled = defineChange({
  ...timesheet,
  type: "timesheet.settled",
  op: "delete",
  channel: ({ userId, organizationId }: TimesheetView): readonly Channel[] => [
    `user:${userId}`,
    `organization-admins:${organizationId}`,
  ],
});
/** Enters a channel: managers of the projects it speaks of were shown it, or its person came back. */
export const timesheetShown = defineChange({
  ...timesheet,
  type: "timesheet.shown",
  op: "create",
  channel: ({ userId }: TimesheetView): readonly Channel[] => [`user:${userId}`],
});
/** Leaves a channel: it no longer speaks of that project, or its person left the organization. */
export const timesheetHidden = defineChange({
  ...timesheet,
  type: "timesheet.hidden",
  op: "delete",
  channel: ({ userId }: TimesheetView): readonly Channel[] => [`user:${userId}`],
});

const inOrganization = (view: { organizationId: string }) => `organization:${view.organizationId}` as const;

const activity = { entity: "activity", view: activityViewSchema, channel: inOrganization } as const;
export const activityCreated = defineChange({ ...activity, type: "activity.created", op: "create" });
export const activityUpdated = defineChange({ ...activity, type: "activity.updated", op: "update" });
export const activityDeleted = defineChange({ ...activity, type: "activity.deleted", op: "delete" });

const settings = {
  entity: "timeSettings",
  view: timeSettingsViewSchema,
  channel: inOrganization,
  audited: true,
} as const;
/** Until then the defaults hold. */
export const timeSettingsCreated = defineChange({ ...settings, type: "time-settings.created", op: "create" });
export const timeSettingsUpdated = defineChange({ ...settings, type: "time-settings.updated", op: "update" });
/** Days were closed for good. */
export const timeClosed = defineChange({ ...settings, type: "time-settings.closed", op: "update" });

/** Money, for those who may see it. */
const rate = {
  entity: "rate",
  view: rateViewSchema,
  channel: (view: { organizationId: string }) => `organization-rates:${view.organizationId}` as const,
  audited: true,
} as const;
export const rateCreated = defineChange({ ...rate, type: "rate.created", op: "create" });
export const rateUpdated = defineChange({ ...rate, type: "rate.updated", op: "update" });
export const rateDeleted = defineChange({ ...rate, type: "rate.deleted", op: "delete" });
