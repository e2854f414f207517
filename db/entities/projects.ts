import { defineEntity, p } from "@mikro-orm/core";
import { mutable } from "./base.ts";

/** How a project works. The database's default is the same. */
export interface ProjectSettings {
  features: { fields: boolean; sprints: boolean; milestones: boolean; recurrence: boolean };
  workflow: "free" | "guarded" | "restricted";
  blockedStayOpen: boolean;
  subtasksFirst: boolean;
  severalActiveSprints: boolean;
  defaults: {
    statusId: string | null;
    priority: "none" | "low" | "medium" | "high" | "urgent";
    dueInDays: number | null;
  };
}
const usualSettings = (): ProjectSettings => ({
  features: { fields: true, sprints: true, milestones: true, recurrence: true },
  workflow: "free",
  blockedStayOpen: false,
  subtasksFirst: false,
  severalActiveSprints: false,
  defaults: { statusId: null, priority: "none", dueInDays: null },
});

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
    settings: p.json<ProjectSettings>().onCreate(usualSettings),
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

const inProject = { ...mutable, organizationId: p.uuid(), projectId: p.uuid() };

const FieldSchema = defineEntity({
  name: "Field",
  schema: "projects",
  tableName: "fields",
  properties: {
    ...inProject,
    name: p.text(),
    description: p.text(),
    kind: p.string().$type<"text" | "number" | "date" | "person" | "choice" | "choices" | "checkbox" | "url">(),
    choices: p.json<{ id: string; name: string; color: string | null }[]>(),
  },
});
export class Field extends FieldSchema.class {}
FieldSchema.setClass(Field);

const TransitionSchema = defineEntity({
  name: "Transition",
  schema: "projects",
  tableName: "transitions",
  properties: {
    ...inProject,
    /** null: from anywhere. */
    fromStatusId: p.uuid().nullable(),
    toStatusId: p.uuid(),
    allowed: p.array<string>(),
    required: p.array<string>(),
    requiredFieldIds: p.array<string>().columnType("uuid[]"),
  },
});
export class Transition extends TransitionSchema.class {}
TransitionSchema.setClass(Transition);

const SprintSchema = defineEntity({
  name: "Sprint",
  schema: "projects",
  tableName: "sprints",
  properties: {
    ...inProject,
    name: p.text(),
    goal: p.text(),
    startsOn: p.date(),
    endsOn: p.date(),
    state: p.string().$type<"planned" | "active" | "closed">(),
    startedAt: p.datetime().nullable(),
    closedAt: p.datetime().nullable(),
    isAlone: p.boolean().hidden(),
  },
});
export class Sprint extends SprintSchema.class {}
SprintSchema.setClass(Sprint);

const MilestoneSchema = defineEntity({
  name: "Milestone",
  schema: "projects",
  tableName: "milestones",
  properties: {
    ...inProject,
    name: p.text(),
    description: p.text(),
    dueOn: p.date().nullable(),
    reachedAt: p.datetime().nullable(),
  },
});
export class Milestone extends MilestoneSchema.class {}
MilestoneSchema.setClass(Milestone);

const TemplateSchema = defineEntity({
  name: "Template",
  schema: "projects",
  tableName: "templates",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    name: p.text(),
    description: p.text(),
    content: p.json<object>().hidden(),
  },
});
export class Template extends TemplateSchema.class {}
TemplateSchema.setClass(Template);
