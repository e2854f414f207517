import type { Channel } from "../../platform/feed.ts";
import { defineChange } from "../change.ts";
import {
  labelViewSchema,
  type ProjectView,
  projectAccessViewSchema,
  projectMemberViewSchema,
  projectViewSchema,
  statusViewSchema,
} from "./project.view.ts";

/** A project is in its own channel, and in its organization's while it is open to all members. */
const projectChannels = (project: ProjectView): Channel[] =>
  project.visibility === "organization"
    ? [`project:${project.id}`, `organization:${project.organizationId}`]
    : [`project:${project.id}`];

const project = { entity: "project", view: projectViewSchema, channel: projectChannels, audited: true } as const;
export const projectCreated = defineChange({ ...project, type: "project.created", op: "create" });
export const projectUpdated = defineChange({ ...project, type: "project.updated", op: "update" });
export const projectArchived = defineChange({ ...project, type: "project.archived", op: "update" });
export const projectRestored = defineChange({ ...project, type: "project.restored", op: "update" });
export const projectDeleted = defineChange({ ...project, type: "project.deleted", op: "delete" });

/** The project became open to its organization, or private again: it enters or leaves the organization's channel. */
const inOrganizationOnly = {
  ...project,
  channel: (view: ProjectView) => `organization:${view.organizationId}` as const,
  audited: false, // as a change of the project
};
export const projectOpened = defineChange({ ...inOrganizationOnly, type: "project.opened", op: "create" });
export const projectClosed = defineChange({ ...inOrganizationOnly, type: "project.closed", op: "delete" });

const inProject = (view: { projectId: string }) => `project:${view.projectId}` as const;

const projectMember = {
  entity: "projectMember",
  view: projectMemberViewSchema,
  channel: inProject,
  audited: true,
} as const;
export const projectMemberAdded = defineChange({ ...projectMember, type: "project-member.added", op: "create" });
export const projectMemberRoleChanged = defineChange({
  ...projectMember,
  type: "project-member.role-changed",
  op: "update",
});
/** A person's or team's new name shows where they have a role. */
export const projectMemberRenamed = defineChange({
  ...projectMember,
  type: "project-member.renamed",
  op: "update",
  audited: false,
});
export const projectMemberRemoved = defineChange({ ...projectMember, type: "project-member.removed", op: "delete" });

const access = {
  entity: "projectAccess",
  view: projectAccessViewSchema,
  channel: (view: { userId: string }) => `user:${view.userId}` as const,
} as const;
export const projectAccessGiven = defineChange({ ...access, type: "project-access.given", op: "create" });
export const projectAccessChanged = defineChange({ ...access, type: "project-access.changed", op: "update" });
export const projectAccessEnded = defineChange({ ...access, type: "project-access.ended", op: "delete" });

const status = { entity: "status", view: statusViewSchema, channel: inProject } as const;
export const statusCreated = defineChange({ ...status, type: "status.created", op: "create" });
export const statusUpdated = defineChange({ ...status, type: "status.updated", op: "update" });
export const statusMoved = defineChange({ ...status, type: "status.moved", op: "update" });
export const statusDeleted = defineChange({ ...status, type: "status.deleted", op: "delete" });

const label = { entity: "label", view: labelViewSchema, channel: inProject } as const;
export const labelCreated = defineChange({ ...label, type: "label.created", op: "create" });
export const labelUpdated = defineChange({ ...label, type: "label.updated", op: "update" });
export const labelDeleted = defineChange({ ...label, type: "label.deleted", op: "delete" });
