import { z } from "zod";
import { instant } from "../fields.ts";
import { projectRoles } from "../permissions.ts";
import { projectSettingsSchema } from "./project.settings.ts";

const timestamps = { createdAt: instant, updatedAt: instant, version: z.int() };
const timestampColumns = (row: string) =>
  `${row}.created_at as "createdAt", ${row}.updated_at as "updatedAt", ${row}.version`;

/** What somebody may do, by the names of the permissions. */
export const permissions = z.array(z.string()).describe("what you may do, by name");

export const visibilities = ["private", "organization"] as const;
export const statusCategories = ["backlog", "todo", "in_progress", "done", "cancelled"] as const;

export const projectViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    name: z.string(),
    key: z.string().describe("prefix of its tasks' keys"),
    description: z.string().describe("Markdown, as written"),
    visibility: z.enum(visibilities).describe("`organization`: every member of the organization may edit"),
    archivedAt: instant.nullable(),
    settings: projectSettingsSchema,
    ...timestamps,
  })
  .meta({ id: "Project" });
export type ProjectView = z.output<typeof projectViewSchema>;
export const projectColumns = `p.id, p.organization_id as "organizationId", p.name, p.key, p.description, p.visibility, p.archived_at as "archivedAt", p.settings, ${timestampColumns("p")}`;

/** A role in a project, given to one person or one team. */
export const projectMemberViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    userId: z.uuid().nullable(),
    teamId: z.uuid().nullable(),
    name: z.string().describe("of the person or team"),
    role: z.enum(projectRoles).describe("with `roleId` what that role includes at least"),
    roleId: z.uuid().nullable().describe("a composed role; null: `role` is all"),
    ...timestamps,
  })
  .meta({ id: "ProjectMember" });
export type ProjectMemberView = z.output<typeof projectMemberViewSchema>;
/** Of project_members `pm`; names come by subqueries, so that it needs no joins. */
export const projectMemberColumns = `pm.id, pm.organization_id as "organizationId", pm.project_id as "projectId", pm.user_id as "userId", pm.team_id as "teamId",
  coalesce((select u.name from auth.users u where u.id = pm.user_id), (select t.name from organizations.teams t where t.id = pm.team_id)) as name,
  pm.role, pm.role_id as "roleId", ${timestampColumns("pm")}`;

/** What I was given in a project, by name or by team, in my own channel: it comes and goes with my access. */
export const projectAccessViewSchema = z
  .object({
    id: z.uuid().describe("the project's id"),
    organizationId: z.uuid(),
    userId: z.uuid(),
    role: z.enum(projectRoles).describe("the highest built-in one of which everything was given"),
    permissions,
  })
  .meta({ id: "ProjectAccess" });
export type ProjectAccessView = z.output<typeof projectAccessViewSchema>;

export const statusViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    name: z.string(),
    category: z.enum(statusCategories),
    rank: z.string().describe("place among the statuses, compared as bytes"),
    wipLimit: z.int().nullable().describe("tasks at most; null: any number"),
    ...timestamps,
  })
  .meta({ id: "Status" });
export type StatusView = z.output<typeof statusViewSchema>;
export const statusColumns = `s.id, s.organization_id as "organizationId", s.project_id as "projectId", s.name, s.category, s.rank, s.wip_limit as "wipLimit", ${timestampColumns("s")}`;

export const labelViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    name: z.string(),
    color: z.string().describe("`#rrggbb`"),
    ...timestamps,
  })
  .meta({ id: "Label" });
export type LabelView = z.output<typeof labelViewSchema>;
export const labelColumns = `l.id, l.organization_id as "organizationId", l.project_id as "projectId", l.name, l.color, ${timestampColumns("l")}`;
