import { makeOccurrences } from "../server/domain/tasks/make-occurrences.ts";
import { tellReminders } from "../server/domain/tasks/tell-reminders.ts";
import { defineSchedule } from "./schedule.ts";

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
