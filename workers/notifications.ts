import {
  commentDeleted,
  commentUpdated,
  readingAdvanced,
  readingBegan,
} from "../server/domain/comments/comment.events.ts";
import { dispatchDeliveries } from "../server/domain/notifications/dispatch-deliveries.ts";
import { followSubject } from "../server/domain/notifications/follow-subject.ts";
import { dispatchJob, wakeJob } from "../server/domain/notifications/notification.jobs.ts";
import { wakeNotification } from "../server/domain/notifications/snooze-notification.ts";
import { tellChange, toldFacts } from "../server/domain/notifications/tell-change.ts";
import { tellDue } from "../server/domain/notifications/tell-due.ts";
import { tidyInboxes } from "../server/domain/notifications/tidy-inbox.ts";
import { invitationAccepted, invitationWithdrawn } from "../server/domain/organizations/organization.events.ts";
import { taskAssigned, taskUpdated } from "../server/domain/tasks/task.events.ts";
import { defineConsumer } from "./consumer.ts";
import { handleJob } from "./job.ts";
import { defineSchedule } from "./schedule.ts";

/** Tells people of changes. */
export const notifyPeople = defineConsumer({
  name: "notification.tell",
  on: toldFacts,
  maxAttempts: 8,
  timeoutMs: 10_000,
  handle: tellChange,
});

/** Keeps what they were told true. */
export const followSubjects = defineConsumer({
  name: "notification.follow",
  on: [
    taskAssigned,
    taskUpdated,
    commentUpdated,
    commentDeleted,
    readingBegan,
    readingAdvanced,
    invitationWithdrawn,
    invitationAccepted,
  ],
  maxAttempts: 8,
  timeoutMs: 10_000,
  handle: followSubject,
});

export const dispatchSoon = handleJob(dispatchJob, {
  maxAttempts: 8,
  timeoutMs: 60_000,
  handle: (ctx) => dispatchDeliveries(ctx),
});

/** Digests, and what waited for the end of quiet hours. */
export const dispatchRegularly = defineSchedule({
  name: "notification.dispatch-due",
  cron: "* * * * *",
  handle: (ctx) => dispatchDeliveries(ctx),
});

export const wakeSnoozed = handleJob(wakeJob, {
  maxAttempts: 8,
  timeoutMs: 10_000,
  handle: wakeNotification,
});

/** It is morning somewhere every quarter of an hour. */
export const remindOfDates = defineSchedule({
  name: "notification.due",
  cron: "*/15 * * * *",
  handle: (ctx) => tellDue(ctx, ctx.now),
});

export const tidyRegularly = defineSchedule({
  name: "notification.tidy",
  cron: "7-59/10 * * * *",
  handle: (ctx) => tidyInboxes(ctx),
});
