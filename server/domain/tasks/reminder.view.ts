import { z } from "zod";
import { instant } from "../fields.ts";

/** Somebody's wish to be reminded of a task, in their own channel. */
export const reminderViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    userId: z.uuid(),
    at: instant.nullable().describe("at this instant, or"),
    daysBefore: z.int().nullable().describe("so many days before the task is due, 0 for the day itself"),
    timeOfDay: z.string().nullable().describe("at this local time, `09:00`"),
    timeZone: z.string().nullable(),
    state: z
      .enum(["waiting", "told", "missed"])
      .describe("`missed`: when its time came the task was completed, in the trash, or out of sight"),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "Reminder" });
export type ReminderView = z.output<typeof reminderViewSchema>;

export const reminderColumns = `rm.id, rm.organization_id as "organizationId", rm.project_id as "projectId", rm.task_id as "taskId",
  rm.user_id as "userId", rm.at, rm.days_before as "daysBefore", rm.time_of_day as "timeOfDay", rm.time_zone as "timeZone", rm.state,
  rm.created_at as "createdAt", rm.updated_at as "updatedAt", rm.version`;
