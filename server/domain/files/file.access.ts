import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, denied, invalid, notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { id } from "../fields.ts";
import { accessOrganization, extrasSql, requireOrganizationPermission } from "../organizations/organization.access.ts";
import {
  type OrganizationPermission,
  type OrganizationRole,
  organizationGrants,
  type ProjectPermission,
} from "../permissions.ts";
import {
  accessProject,
  type ProjectStanding,
  projectRoleSql,
  requireProjectPermission,
} from "../projects/project.access.ts";
import { inScope, requireScope } from "../scopes.ts";
import { admitToTask } from "../tasks/task.access.ts";
import { requireNotTrashed } from "../tasks/task.rules.ts";
import { type FileView, fileColumns, fileJoins } from "./file.view.ts";

export type FilePermission = Extract<ProjectPermission, `file.${string}`>;

/** The same right to a file that belongs to no project. */
const inOrganization: Record<FilePermission, OrganizationPermission> = {
  "file.read": "organization-file.read",
  "file.upload": "organization-file.upload",
  "file.update": "organization-file.manage",
  "file.delete": "organization-file.manage",
  "file.share": "organization-file.manage",
};

export interface FileStanding extends ProjectStanding {
  organizationRole: OrganizationRole | null;
  /** What a composed role adds to it. */
  organizationExtras: string[] | null;
}

/** Of the person `$2`, with a file `f` and its project `p`, if it has one. */
const fileStandingSql = `p.archived_at as "projectArchivedAt", case when p.id is not null then ${projectRoleSql("p", "$2")} end as "roleRank",
  (select m.role from organizations.members m where m.organization_id = f.organization_id and m.user_id = $2) as "organizationRole",
  ${extrasSql("f.organization_id", "$2")} as "organizationExtras"`;

type Row = FileView & FileStanding;

const readStatement = statement(
  "file.access",
  `select ${fileColumns}, ${fileStandingSql} from ${fileJoins} left join projects.projects p on p.id = f.project_id where f.id = $1`,
);
const readSetStatement = statement(
  "file.access-set",
  `select ${fileColumns}, ${fileStandingSql} from ${fileJoins} left join projects.projects p on p.id = f.project_id
  where f.id = any($1::uuid[]) order by array_position($1::uuid[], f.id)`,
);
/** Apart from the read, and before it: what a statement that had to wait for a lock reads of other tables is old. */
const lockStatement = statement("file.lock", "select from files.files where id = $1 for no key update");

/** The only way to a file by id. Hidden and missing fail alike. Inside a transaction it is locked. */
export async function accessFile(ctx: Ctx, fileId: string, permission: FilePermission): Promise<FileView> {
  const [, file] = await Promise.all([
    ctx.transaction ? ctx.sql.query(lockStatement, [fileId]) : null,
    admitToFile(ctx, fileId, permission),
  ]);
  return file;
}

/** The same door without a lock: for operations that lock other things. */
export async function admitToFile(ctx: Ctx, fileId: string, permission: FilePermission): Promise<FileView> {
  const [row] = await ctx.sql.query<Row>(readStatement, [fileId, ctx.actor.userId]);
  return passDoor(ctx, row, fileId, permission);
}

function passDoor(ctx: Ctx, row: Row | undefined, fileId: string, permission: FilePermission): FileView {
  requireFilePermission(ctx, row, permission, "file", fileId);
  const { projectArchivedAt: _, roleRank: __, organizationRole: ___, organizationExtras: ____, ...file } = row;
  return file;
}

/** Those of a set of files that the caller may see, in the set's order. */
export async function visibleFiles(ctx: Ctx, fileIds: readonly string[]): Promise<FileView[]> {
  const rows = await ctx.sql.query<Row>(readSetStatement, [fileIds, ctx.actor.userId]);
  return rows.flatMap((row) => {
    try {
      return [passDoor(ctx, row, row.id, "file.read")];
    } catch (error) {
      if (error instanceof AppError) return [];
      throw error;
    }
  });
}

/** Refuses who has no role where the file hangs, or too low a one. Who added a file may always change it. */
function requireFilePermission<R extends FileStanding & Pick<FileView, "projectId" | "internal" | "createdById">>(
  ctx: Ctx,
  row: R | undefined,
  permission: FilePermission,
  entity: string,
  id: string,
): asserts row is R {
  if (!row) throw notFound(entity, id);
  const owns = row.createdById === ctx.actor.userId && (permission === "file.update" || permission === "file.delete");
  const needed = owns ? "file.upload" : permission;
  if (row.internal && !readsInternal(ctx, row.organizationRole)) throw notFound(entity, id);
  if (row.projectId) return requireProjectPermission(row, needed, entity, id);
  requireScope(ctx.actor, inOrganization[needed]);
  if (row.organizationRole === "guest") throw notFound(entity, id); // guests do not see an organization's files
  requireOrganizationPermission(row.organizationRole, inOrganization[needed], entity, id, row.organizationExtras);
}

const readsInternal = (ctx: Ctx, role: OrganizationRole | null) =>
  role !== null && organizationGrants(role, "comment.internal") && inScope(ctx.actor, "comment.internal");

/** Where a file is to hang: exactly one of the three. */
export const targetFields = {
  taskId: id.optional(),
  projectId: id.optional(),
  organizationId: id.optional().describe("a file of the organization, outside all projects"),
  internal: z.boolean().optional().describe("hidden from guests, as internal comments are; only on a task"),
};
export const targetInput = z.object(targetFields);

export interface Target {
  organizationId: string;
  projectId: string | null;
  taskId: string | null;
  internal: boolean;
}

/**
 * The door to a place for files.
 *
 * @throws AppError `validation.failed` (not exactly one place) | `not-found` | `access.denied`
 *   | `rule.broken` (archived project, task in the trash)
 */
export async function accessTarget(
  ctx: Ctx,
  { taskId, projectId, organizationId, internal = false }: z.output<typeof targetInput>,
  permission: "file.read" | "file.upload",
): Promise<Target> {
  if ([taskId, projectId, organizationId].filter(Boolean).length !== 1) {
    throw invalid("taskId", "Name one of taskId, projectId and organizationId.");
  }
  if (internal && !taskId) throw invalid("internal", "Only a task has internal files.");
  requireScope(ctx.actor, permission);
  if (taskId) {
    const task = await admitToTask(ctx, taskId, permission);
    if (permission === "file.upload") requireNotTrashed(task);
    if (internal) await requireInternal(ctx, task.organizationId);
    return { organizationId: task.organizationId, projectId: task.projectId, taskId, internal };
  }
  if (projectId) {
    const project = await accessProject(ctx, projectId, permission);
    return { organizationId: project.organizationId, projectId, taskId: null, internal };
  }
  requireScope(ctx.actor, inOrganization[permission]);
  const { organization } = await accessOrganization(ctx, organizationId as string, inOrganization[permission]);
  return { organizationId: organization.id, projectId: null, taskId: null, internal };
}

const roleStatement = statement(
  "file.role-in-organization",
  "select role from organizations.members where organization_id = $1 and user_id = $2",
);

async function requireInternal(ctx: Ctx, organizationId: string): Promise<void> {
  const [member] = await ctx.sql.query<{ role: OrganizationRole }>(roleStatement, [organizationId, ctx.actor.userId]);
  if (!readsInternal(ctx, member?.role ?? null)) throw denied("comment.internal");
}

/** The input that leads to a known place again. */
export const targetOf = ({ organizationId, projectId, taskId, internal }: Target): z.output<typeof targetInput> =>
  taskId ? { taskId, internal } : projectId ? { projectId } : { organizationId };
