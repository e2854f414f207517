import { defineEntity, p } from "@mikro-orm/core";
import { mutable } from "./base.ts";

const ProjectSchema = defineEntity({
  name: "Project",
  schema: "projects",
  tableName: "projects",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    name: p.text(),
    /** Prefix of its tasks' keys (`WEB` in `WEB-123`). */
    key: p.text(),
    description: p.text(),
    visibility: p.string().$type<"private" | "organization">(),
    archivedAt: p.datetime().nullable(),
  },
});
export class Project extends ProjectSchema.class {}
ProjectSchema.setClass(Project);

const ProjectMemberSchema = defineEntity({
  name: "ProjectMember",
  schema: "projects",
  tableName: "project_members",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    projectId: p.uuid(),
    /** Exactly one of person and team is set. */
    userId: p.uuid().nullable(),
    teamId: p.uuid().nullable(),
    role: p.string().$type<"manager" | "editor" | "commenter" | "viewer">(),
    /** A composed role; `role` is then that of viewers. */
    roleId: p.uuid().nullable(),
  },
});
export class ProjectMember extends ProjectMemberSchema.class {}
ProjectMemberSchema.setClass(ProjectMember);

const StatusSchema = defineEntity({
  name: "Status",
  schema: "projects",
  tableName: "statuses",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    projectId: p.uuid(),
    name: p.text(),
    category: p.string().$type<"backlog" | "todo" | "in_progress" | "done" | "cancelled">(),
    rank: p.text(),
    wipLimit: p.integer().nullable(),
  },
});
export class Status extends StatusSchema.class {}
StatusSchema.setClass(Status);

const LabelSchema = defineEntity({
  name: "Label",
  schema: "projects",
  tableName: "labels",
  properties: { ...mutable, organizationId: p.uuid(), projectId: p.uuid(), name: p.text(), color: p.text() },
});
export class Label extends LabelSchema.class {}
LabelSchema.setClass(Label);
