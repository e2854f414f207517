import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { denied, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { accessOrganization, accessTeam } from "../organizations/organization.access.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { sprints } from "../projects/workflow.access.ts";
import { rightsGrant } from "../rights.ts";

const scopeKinds = ["project", "sprint", "organization", "team", "member"] as const;

/** What figures are about, in the form of a channel's name. */
export type ScopeName = `${(typeof scopeKinds)[number]}:${string}`;
const scopePattern = new RegExp(`^(?:${scopeKinds.join("|")}):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`);
/* A plain string to whatever reads the schema: a query of REST has nothing else. */
export const scopeField = z
  .string()
  .regex(scopePattern, "must be like project:<id>")
  .describe(
    "`project:<id>`, `sprint:<id>`, `organization:<id>`, `team:<id>` or `member:<id>`, a person in an organization",
  ) as unknown as z.ZodType<ScopeName, ScopeName>;

/** A scope that a door was passed to. */
export interface Scope {
  readonly name: ScopeName;
  readonly kind: (typeof scopeKinds)[number];
  readonly organizationId: string;
  /** Those that the caller may read, and their people's figures where the scope is a person. */
  readonly projectIds: readonly string[];
  readonly sprint: { readonly id: string; readonly startsOn: string; readonly endsOn: string } | null;
  /** Only what was theirs at the time; null: everybody's, and nobody's. */
  readonly userIds: readonly string[] | null;
  /** In these projects the caller may see what single people do. */
  readonly openProjectIds: readonly string[];
}

const projectsStatement = statement(
  "analytics.projects",
  `select p.id, ${projectRoleSql("p", "$2")} as rights from projects.projects p where p.organization_id = $1`,
);
const teamStatement = statement(
  "analytics.team",
  `select array(select tm.user_id from organizations.team_members tm where tm.team_id = $1 order by tm.user_id) as "userIds",
    (select m.role in ('owner', 'admin') from organizations.members m where m.organization_id = $2 and m.user_id = $3) as "isAdmin"`,
);
const memberStatement = statement(
  "analytics.member",
  `select m.organization_id as "organizationId", m.user_id as "userId",
    (select c.role from organizations.members c where c.organization_id = m.organization_id and c.user_id = $2) as "callerRole"
  from organizations.members m where m.id = $1`,
);

/**
 * The door to figures. Who may read a project may read its figures. A team's are for its people and for admins, a
 * person's for themselves and, project by project, for who manages them.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function accessScope(ctx: Ctx, name: ScopeName): Promise<Scope> {
  const [kind, id] = name.toLowerCase().split(":") as [Scope["kind"], string];
  const none = { name, kind, sprint: null, userIds: null };
  if (kind === "project") return { ...none, ...(await oneProject(ctx, id)) };
  if (kind === "sprint") {
    const sprint = await sprints.access(ctx, id, "analytics.read");
    return { ...none, ...(await oneProject(ctx, sprint.projectId)), sprint };
  }
  if (kind === "organization") {
    await accessOrganization(ctx, id, "organization-analytics.read");
    return { ...none, ...(await projectsOf(ctx, id)) };
  }
  if (kind === "team") {
    const team = await accessTeam(ctx, id, "organization-analytics.read");
    const { userId } = ctx.actor;
    const [found] = await ctx.sql.query<{ userIds: string[]; isAdmin: boolean }>(teamStatement, [
      ...[team.id, team.organizationId, userId],
    ]);
    if (!found?.isAdmin && !found?.userIds.includes(userId)) throw denied("team.manage");
    return { ...none, ...(await projectsOf(ctx, team.organizationId)), userIds: found.userIds };
  }
  return { ...none, ...(await onePerson(ctx, id)) };
}

async function oneProject(ctx: Ctx, projectId: string) {
  const { organizationId, roleRank } = await accessProject(ctx, projectId, "analytics.read");
  const isOpen = rightsGrant(roleRank, "analytics.read-people");
  return { organizationId, projectIds: [projectId], openProjectIds: isOpen ? [projectId] : [] };
}

async function projectsOf(ctx: Ctx, organizationId: string) {
  const rows = await ctx.sql.query<{ id: string; rights: number | null }>(projectsStatement, [
    organizationId,
    ctx.actor.userId,
  ]);
  const granting = (permission: Parameters<typeof rightsGrant>[1]) =>
    rows.filter(({ rights }) => rightsGrant(rights, permission)).map(({ id }) => id);
  const [projectIds, openProjectIds] = [granting("analytics.read"), granting("analytics.read-people")];
  return { organizationId, projectIds, openProjectIds };
}

async function onePerson(ctx: Ctx, memberId: string) {
  const { userId: callerId } = ctx.actor;
  const [member] = await ctx.sql.query<{ organizationId: string; userId: string; callerRole: string | null }>(
    memberStatement,
    [memberId, callerId],
  );
  const isSelf = member?.userId === callerId;
  if (!member?.callerRole || (member.callerRole === "guest" && !isSelf)) throw notFound("member", memberId);
  const found = await projectsOf(ctx, member.organizationId);
  if (!isSelf && found.openProjectIds.length === 0) throw denied("analytics.read-people");
  return { ...found, projectIds: isSelf ? found.projectIds : found.openProjectIds, userIds: [member.userId] };
}

/** Rows `x` of a scope's spans or tasks: `$1` projects, `$2` a sprint or null, `$3` people or null. */
export const inScope = (row: string) => `${row}.project_id = any($1::uuid[])
  and ($2::uuid is null or ${row}.sprint_id = $2) and ($3::uuid[] is null or ${row}.assignee_ids && $3)`;
export const scopeValues = ({ projectIds, sprint, userIds }: Scope) => [projectIds, sprint?.id ?? null, userIds];
