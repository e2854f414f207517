import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { type ProjectRole, projectRoles } from "../permissions.ts";
import { permissionsOf } from "../rights.ts";
import { accessProject, accessWholeProject, projectRoleOf, projectRoleSql } from "./project.access.ts";
import {
  type LabelView,
  labelColumns,
  type ProjectMemberView,
  type ProjectView,
  permissions,
  projectColumns,
  projectMemberColumns,
  projectViewSchema,
  type StatusView,
  statusColumns,
} from "./project.view.ts";

/** A project, and what the caller may do in it. */
export const myProjectSchema = projectViewSchema
  .extend({ role: z.enum(projectRoles).describe("yours, or the highest that yours includes"), permissions })
  .meta({ id: "MyProject" });
type MyProject = z.output<typeof myProjectSchema>;

const standingOf = (rights: number) => ({
  role: projectRoleOf(rights) as ProjectRole,
  permissions: permissionsOf(rights),
});

export const projectInput = z.object({ projectId: id });

/** @throws AppError `not-found` */
export async function getProject(ctx: Ctx, input: z.output<typeof projectInput>): Promise<MyProject> {
  const { project, rights } = await accessWholeProject(ctx, input.projectId, "project.read");
  return { ...project, ...standingOf(rights) };
}

export const listProjectsInput = z.strictObject({
  organizationId: id.optional().describe("only this organization's"),
  archived: z.boolean().default(false).describe("true: archived ones, false: the others"),
  ...page,
});

const listStatement = statement(
  "project.list",
  `select * from (
    select ${projectColumns}, ${projectRoleSql("p", "$1")} as "roleRank", lower(p.name) as "sortText"
    from organizations.members me join projects.projects p on p.organization_id = me.organization_id
    where me.user_id = $1 and ($2::uuid is null or p.organization_id = $2) and (p.archived_at is not null) = $3
      and ($4::text is null or (lower(p.name), p.id) > ($4, $5::uuid))
  ) visible
  where "roleRank" > 0 order by "sortText", id limit $6`,
);

/** The projects that the caller may see, by name. */
export async function listProjects(ctx: Ctx, input: z.output<typeof listProjectsInput>) {
  const rows = await ctx.sql.query<ProjectView & { roleRank: number; sortText: string }>(listStatement, [
    ctx.actor.userId,
    input.organizationId ?? null,
    input.archived,
    ...placeOf(input.cursor),
    input.limit + 1,
  ]);
  const mine = rows.map(({ roleRank, ...project }) => ({ ...project, ...standingOf(roleRank) }));
  return pageFrom(mine, input.limit);
}

export const listInProjectInput = z.strictObject({ projectId: id, ...page });

const membersStatement = statement(
  "project.members",
  `select * from (
    select given.*, lower(given.name) as "sortText"
    from (select ${projectMemberColumns} from projects.project_members pm where pm.project_id = $1) given
  ) sorted
  where $2::text is null or ("sortText", id) > ($2, $3::uuid) order by "sortText", id limit $4`,
);

/**
 * The people and teams that were given a role, by name.
 *
 * @throws AppError `not-found`
 */
export async function listProjectMembers(ctx: Ctx, input: z.output<typeof listInProjectInput>) {
  const place = placeOf(input.cursor);
  await accessProject(ctx, input.projectId, "project.read");
  const values = [input.projectId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<ProjectMemberView & { sortText: string }>(membersStatement, values), input.limit);
}

export const projectPersonSchema = z
  .object({
    id: z.uuid().describe("the person's"),
    name: z.string(),
    role: z.enum(projectRoles).describe("the highest that theirs include"),
  })
  .meta({ id: "ProjectPerson" });

const peopleStatement = statement(
  "project.people",
  `select * from (
    select u.id, u.name, lower(u.name) as "sortText", ${projectRoleSql("p", "m.user_id")} as "roleRank"
    from projects.projects p
    join organizations.members m on m.organization_id = p.organization_id
    join auth.users u on u.id = m.user_id
    where p.id = $1 and ($2::text is null or (lower(u.name), u.id) > ($2, $3::uuid))
  ) everybody
  where "roleRank" > 0 order by "sortText", id limit $4`,
);

/**
 * Everybody who can see a project, by whichever way, by name: those whom its tasks can be assigned to.
 *
 * @throws AppError `not-found`
 */
export async function listProjectPeople(ctx: Ctx, input: z.output<typeof listInProjectInput>) {
  const place = placeOf(input.cursor);
  await accessProject(ctx, input.projectId, "project.read");
  const rows = await ctx.sql.query<{ id: string; name: string; sortText: string; roleRank: number }>(peopleStatement, [
    input.projectId,
    ...place,
    input.limit + 1,
  ]);
  const people = rows.map(({ roleRank, ...person }) => ({ ...person, role: projectRoleOf(roleRank) as ProjectRole }));
  return pageFrom(people, input.limit);
}

const statusesStatement = statement(
  "project.statuses",
  `select ${statusColumns} from projects.statuses s where s.project_id = $1 order by s.rank, s.id`,
);

/** The statuses of a project that a door was passed to, in their order. */
export const statusesOf = (ctx: Ctx, projectId: string): Promise<StatusView[]> =>
  ctx.sql.query<StatusView>(statusesStatement, [projectId]);

const labelsStatement = statement(
  "project.labels",
  `select ${labelColumns} from projects.labels l where l.project_id = $1 order by lower(l.name)`,
);

/** The labels of a project that a door was passed to, by name. */
export const labelsOf = (ctx: Ctx, projectId: string): Promise<LabelView[]> =>
  ctx.sql.query<LabelView>(labelsStatement, [projectId]);

const statusPageStatement = statement(
  "project.status-page",
  `select ${statusColumns}, s.rank as "sortText" from projects.statuses s
  where s.project_id = $1 and ($2::text is null or (s.rank, s.id) > ($2, $3::uuid)) order by s.rank, s.id limit $4`,
);

/**
 * The statuses of a project, in their order.
 *
 * @throws AppError `not-found`
 */
export async function listStatuses(ctx: Ctx, input: z.output<typeof listInProjectInput>) {
  const place = placeOf(input.cursor);
  await accessProject(ctx, input.projectId, "project.read");
  const values = [input.projectId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<StatusView & { sortText: string }>(statusPageStatement, values), input.limit);
}

const labelPageStatement = statement(
  "project.label-page",
  `select ${labelColumns}, lower(l.name) as "sortText" from projects.labels l
  where l.project_id = $1 and ($2::text is null or (lower(l.name), l.id) > ($2, $3::uuid))
  order by lower(l.name), l.id limit $4`,
);

/**
 * The labels of a project, by name.
 *
 * @throws AppError `not-found`
 */
export async function listLabels(ctx: Ctx, input: z.output<typeof listInProjectInput>) {
  const place = placeOf(input.cursor);
  await accessProject(ctx, input.projectId, "project.read");
  const values = [input.projectId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<LabelView & { sortText: string }>(labelPageStatement, values), input.limit);
}
