import { defineEntity, p } from "@mikro-orm/core";
import { mutable } from "./base.ts";

const inProject = { ...mutable, organizationId: p.uuid(), projectId: p.uuid() };

const RecurrenceSchema = defineEntity({
  name: "Recurrence",
  schema: "tasks",
  tableName: "recurrences",
  properties: {
    ...inProject,
    taskId: p.uuid(),
    /** RFC 5545 §3.3.10, without the name. */
    rule: p.text(),
    /** `2026-01-05T09:00`, in the time zone. */
    startsAt: p.text(),
    timeZone: p.text(),
    dueInDays: p.integer(),
    withSubtasks: p.boolean(),
    state: p.string().$type<"active" | "paused" | "ended">(),
    problem: p.text().nullable(),
    nextAt: p.datetime().nullable(),
    occurrenceCount: p.integer(),
    createdById: p.uuid(),
  },
});
export class Recurrence extends RecurrenceSchema.class {}
RecurrenceSchema.setClass(Recurrence);

const ReminderSchema = defineEntity({
  name: "Reminder",
  schema: "tasks",
  tableName: "reminders",
  properties: {
    ...inProject,
    taskId: p.uuid(),
    userId: p.uuid(),
    at: p.datetime().nullable(),
    daysBefore: p.integer().nullable(),
    timeOfDay: p.text().nullable(),
    timeZone: p.text().nullable(),
    state: p.string().$type<"waiting" | "told" | "missed">(),
  },
});
export class Reminder extends ReminderSchema.class {}
ReminderSchema.setClass(Reminder);

const SavedViewSchema = defineEntity({
  name: "SavedView",
  schema: "tasks",
  tableName: "views",
  properties: {
    ...inProject,
    ownerId: p.uuid().nullable(),
    name: p.text(),
    isShared: p.boolean(),
    layout: p.string().$type<"list" | "board" | "calendar" | "timeline">(),
    filter: p.json<Record<string, unknown>>(),
    sort: p.text(),
    sortFieldId: p.uuid().nullable(),
    sortOrder: p.string().$type<"asc" | "desc">(),
    groupBy: p.text().nullable(),
    columns: p.array<string>(),
  },
});
export class SavedView extends SavedViewSchema.class {}
SavedViewSchema.setClass(SavedView);
