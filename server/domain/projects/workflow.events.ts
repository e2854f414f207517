import { defineChange } from "../change.ts";
import { templateViewSchema } from "./template.view.ts";
import { fieldViewSchema, milestoneViewSchema, sprintViewSchema, transitionViewSchema } from "./workflow.view.ts";

const inProject = (view: { projectId: string }) => `project:${view.projectId}` as const;

const field = { entity: "field", view: fieldViewSchema, channel: inProject } as const;
export const fieldCreated = defineChange({ ...field, type: "field.created", op: "create" });
export const fieldUpdated = defineChange({ ...field, type: "field.updated", op: "update" });
export const fieldDeleted = defineChange({ ...field, type: "field.deleted", op: "delete" });

const transition = { entity: "transition", view: transitionViewSchema, channel: inProject, audited: true } as const;
export const transitionCreated = defineChange({ ...transition, type: "transition.created", op: "create" });
export const transitionUpdated = defineChange({ ...transition, type: "transition.updated", op: "update" });
export const transitionDeleted = defineChange({ ...transition, type: "transition.deleted", op: "delete" });

const template = {
  entity: "template",
  view: templateViewSchema,
  channel: (view: { organizationId: string }) => `organization:${view.organizationId}` as const,
} as const;
export const templateCreated = defineChange({ ...template, type: "template.created", op: "create" });
export const templateUpdated = defineChange({ ...template, type: "template.updated", op: "update" });
export const templateDeleted = defineChange({ ...template, type: "template.deleted", op: "delete" });

const sprint = { entity: "sprint", view: sprintViewSchema, channel: inProject } as const;
export const sprintCreated = defineChange({ ...sprint, type: "sprint.created", op: "create" });
export const sprintUpdated = defineChange({ ...sprint, type: "sprint.updated", op: "update" });
export const sprintStarted = defineChange({ ...sprint, type: "sprint.started", op: "update" });
export const sprintClosed = defineChange({ ...sprint, type: "sprint.closed", op: "update" });
export const sprintDeleted = defineChange({ ...sprint, type: "sprint.deleted", op: "delete" });

const milestone = { entity: "milestone", view: milestoneViewSchema, channel: inProject } as const;
export const milestoneCreated = defineChange({ ...milestone, type: "milestone.created", op: "create" });
export const milestoneUpdated = defineChange({ ...milestone, type: "milestone.updated", op: "update" });
export const milestoneReached = defineChange({ ...milestone, type: "milestone.reached", op: "update" });
export const milestoneReopened = defineChange({ ...milestone, type: "milestone.reopened", op: "update" });
export const milestoneDeleted = defineChange({ ...milestone, type: "milestone.deleted", op: "delete" });
