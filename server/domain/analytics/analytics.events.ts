import { defineChange } from "../change.ts";
import {
  projectDayViewSchema,
  projectFiguresViewSchema,
  projectTimeDayViewSchema,
  projectTimeViewSchema,
} from "./dashboard.view.ts";

const figures = {
  entity: "projectFigures",
  view: projectFiguresViewSchema,
  channel: (view: { id: string }) => `dashboard:${view.id}` as const,
} as const;
export const projectFiguresBegun = defineChange({ ...figures, type: "project-figures.begun", op: "create" });
export const projectFiguresMoved = defineChange({ ...figures, type: "project-figures.moved", op: "update" });
export const projectFiguresEnded = defineChange({ ...figures, type: "project-figures.ended", op: "delete" });

const day = {
  entity: "projectDay",
  view: projectDayViewSchema,
  channel: (view: { projectId: string }) => `dashboard:${view.projectId}` as const,
} as const;
export const projectDayBegun = defineChange({ ...day, type: "project-day.begun", op: "create" });
export const projectDayMoved = defineChange({ ...day, type: "project-day.moved", op: "update" });
/** Older than the days that are kept. */
export const projectDayForgotten = defineChange({ ...day, type: "project-day.forgotten", op: "delete" });

/** Time is for those who may read others'. */
const time = {
  entity: "projectTime",
  view: projectTimeViewSchema,
  channel: (view: { id: string }) => `dashboard-time:${view.id}` as const,
} as const;
export const projectTimeBegun = defineChange({ ...time, type: "project-time.begun", op: "create" });
export const projectTimeMoved = defineChange({ ...time, type: "project-time.moved", op: "update" });
/** None is booked any more. */
export const projectTimeEnded = defineChange({ ...time, type: "project-time.ended", op: "delete" });

const timeDay = {
  entity: "projectTimeDay",
  view: projectTimeDayViewSchema,
  channel: (view: { projectId: string }) => `dashboard-time:${view.projectId}` as const,
} as const;
export const projectTimeDayBegun = defineChange({ ...timeDay, type: "project-time-day.begun", op: "create" });
export const projectTimeDayMoved = defineChange({ ...timeDay, type: "project-time-day.moved", op: "update" });
/** Has no time any more, or is older than the days that are kept. */
export const projectTimeDayForgotten = defineChange({ ...timeDay, type: "project-time-day.forgotten", op: "delete" });
