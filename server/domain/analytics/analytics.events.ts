import { defineChange } from "../change.ts";
import { projectDayViewSchema, projectFiguresViewSchema } from "./dashboard.view.ts";

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
