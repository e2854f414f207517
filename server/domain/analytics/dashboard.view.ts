import { z } from "zod";
import { day } from "../fields.ts";
import { statusCategories } from "../projects/project.view.ts";

const counts = z.object(
  Object.fromEntries(statusCategories.map((category) => [category, z.int()])) as Record<
    (typeof statusCategories)[number],
    z.ZodInt
  >,
);

/** A project as it stands; its id is the project's. */
export const projectFiguresViewSchema = z
  .object({
    id: z.uuid().describe("the project's id"),
    organizationId: z.uuid(),
    tasks: counts.describe("tasks by the category of their status"),
    minutes: counts.describe("their estimates"),
    createdTasks: z.int().describe("ever created"),
    completedTasks: z.int().describe("completed, and not reopened since"),
  })
  .meta({ id: "ProjectFigures" });
export type ProjectFiguresView = z.output<typeof projectFiguresViewSchema>;
export const projectFiguresColumns = `pf.id, pf.organization_id as "organizationId", pf.tasks, pf.minutes,
  pf.created_tasks as "createdTasks", pf.completed_tasks as "completedTasks"`;

/** A day of a project on which something happened; between two of them nothing changed. */
export const projectDayViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    on: day.describe("in UTC"),
    tasks: counts.describe("at the end of the day, or now"),
    minutes: counts,
    createdTasks: z.int(),
    completedTasks: z.int(),
    reopenedTasks: z.int(),
  })
  .meta({ id: "ProjectDay" });
export type ProjectDayView = z.output<typeof projectDayViewSchema>;
export const projectDayColumns = `pd.id, pd.organization_id as "organizationId", pd.project_id as "projectId", pd."on", pd.tasks, pd.minutes,
  pd.created_tasks as "createdTasks", pd.completed_tasks as "completedTasks", pd.reopened_tasks as "reopenedTasks"`;

const time = {
  minutes: z.int(),
  billableMinutes: z.int().describe("of them"),
};

/** The time booked on a project, while there is any; its id is the project's. */
export const projectTimeViewSchema = z
  .object({
    id: z.uuid().describe("the project's id"),
    organizationId: z.uuid(),
    entries: z.int().describe("how many were booked"),
    ...time,
  })
  .meta({ id: "ProjectTime" });
export type ProjectTimeView = z.output<typeof projectTimeViewSchema>;
export const projectTimeColumns = `pt.id, pt.organization_id as "organizationId", pt.entries, pt.minutes, pt.billable_minutes as "billableMinutes"`;

/** A day for which time is booked on a project. */
export const projectTimeDayViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    on: day.describe("where each person is"),
    ...time,
  })
  .meta({ id: "ProjectTimeDay" });
export type ProjectTimeDayView = z.output<typeof projectTimeDayViewSchema>;
export const projectTimeDayColumns = `ptd.id, ptd.organization_id as "organizationId", ptd.project_id as "projectId", ptd."on",
  ptd.minutes, ptd.billable_minutes as "billableMinutes"`;
