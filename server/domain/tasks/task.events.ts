import { defineChange } from "../change.ts";
import { taskViewSchema } from "./task.view.ts";
import { taskLinkViewSchema, watchViewSchema } from "./task-link.view.ts";

const inProject = (view: { projectId: string }) => `project:${view.projectId}` as const;

const task = { entity: "task", view: taskViewSchema, channel: inProject } as const;
export const taskCreated = defineChange({ ...task, type: "task.created", op: "create" });
/** Its words, dates, priority, estimate or parent changed, or several things of different kinds at once. */
export const taskUpdated = defineChange({ ...task, type: "task.updated", op: "update" });
/** It changed its place on the board, and perhaps its status. */
export const taskMoved = defineChange({ ...task, type: "task.moved", op: "update" });
/** Its rank was rewritten to make room; its place among the others is the same. */
export const taskReranked = defineChange({ ...task, type: "task.reranked", op: "update" });
/** Its project has another key; its number is the same. */
export const taskRekeyed = defineChange({ ...task, type: "task.rekeyed", op: "update" });
export const taskAssigned = defineChange({ ...task, type: "task.assigned", op: "update" });
export const taskLabelled = defineChange({ ...task, type: "task.labelled", op: "update" });
export const taskArchived = defineChange({ ...task, type: "task.archived", op: "update" });
export const taskUnarchived = defineChange({ ...task, type: "task.unarchived", op: "update" });
/** Into the trash: clients drop it. */
export const taskTrashed = defineChange({ ...task, type: "task.trashed", op: "delete" });
/** To another project: it leaves the channel of the one and enters that of the other. */
export const taskLeft = defineChange({ ...task, type: "task.left", op: "delete" });
export const taskEntered = defineChange({ ...task, type: "task.entered", op: "create" });
/** Out of the trash, whole again. */
export const taskRestored = defineChange({ ...task, type: "task.restored", op: "create" });

const taskLink = { entity: "taskLink", view: taskLinkViewSchema, channel: inProject } as const;
export const taskLinked = defineChange({ ...taskLink, type: "task.linked", op: "create" });
export const taskUnlinked = defineChange({ ...taskLink, type: "task.unlinked", op: "delete" });

/** Who watches what is everybody's own matter, so it lives in their own channel. */
const watch = {
  entity: "watch",
  view: watchViewSchema,
  channel: (view: { userId: string }) => `user:${view.userId}` as const,
} as const;
export const taskWatched = defineChange({ ...watch, type: "task.watched", op: "create" });
/** Its task went to another project. */
export const watchMoved = defineChange({ ...watch, type: "watch.moved", op: "update" });
export const taskUnwatched = defineChange({ ...watch, type: "task.unwatched", op: "delete" });
