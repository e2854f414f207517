import { rekeyJob, rekeyTasks } from "../server/domain/tasks/follow-key.ts";
import { makeOccurrences } from "../server/domain/tasks/make-occurrences.ts";
import { tellReminders } from "../server/domain/tasks/tell-reminders.ts";
import { handleJob } from "./job.ts";
import { defineSchedule } from "./schedule.ts";

export const giveNewKeys = handleJob(rekeyJob, {
  maxAttempts: 8,
  timeoutMs: 10 * 60_000,
  prefetch: 1,
  handle: (ctx, input) => rekeyTasks(ctx, input),
});

export const makeTasksAgain = defineSchedule({
  name: "recurrence.sweep",
  cron: "* * * * *",
  handle: (ctx) => makeOccurrences(ctx, new Date()),
});

export const remindPeople = defineSchedule({
  name: "reminder.sweep",
  cron: "* * * * *",
  handle: (ctx) => tellReminders(ctx, new Date()),
});
