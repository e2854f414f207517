import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { accessProject } from "../projects/project.access.ts";
import { inScope } from "../scopes.ts";
import { type FileView, fileColumns, fileJoins } from "./file.view.ts";

export const listFilesInput = z.strictObject({
  projectId: id,
  taskId: id.optional().describe("only those of one task; default: of the project and all its tasks"),
  ...page,
});
export const listOrganizationFilesInput = z.strictObject({ organizationId: id, ...page });

const sorted = `f.created_at::text as "sortText"`;
const after = "($3::timestamptz is null or (f.created_at, f.id) < ($3, $4::uuid))";
const order = "order by f.created_at desc, f.id desc limit $5";

const inProjectStatement = statement(
  "file.list",
  `select ${fileColumns}, ${sorted} from ${fileJoins}
  where f.project_id = $1 and ($2::uuid is null or f.task_id = $2) and ${after}
    and not (f.internal and (not $7 or exists (select from organizations.members m where m.organization_id = f.organization_id and m.user_id = $6 and m.role = 'guest')))
  ${order}`,
);
const inOrganizationStatement = statement(
  "file.list-organization",
  `select ${fileColumns}, ${sorted} from ${fileJoins}
  where f.organization_id = $1 and $2::uuid is null and f.project_id is null and ${after} ${order}`,
);
type Row = FileView & { sortText: string };

/** A project's files, the latest first. @throws AppError `not-found` | `validation.failed` (cursor) */
export async function listFiles(ctx: Ctx, { projectId, taskId, cursor, limit }: z.output<typeof listFilesInput>) {
  const values = [
    projectId,
    taskId ?? null,
    ...placeOf(cursor),
    limit + 1,
    ctx.actor.userId,
    inScope(ctx.actor, "comment.internal"),
  ];
  const [, rows] = await Promise.all([
    accessProject(ctx, projectId, "file.read"),
    ctx.sql.query<Row>(inProjectStatement, values),
  ]);
  return pageFrom(rows, limit);
}

/** An organization's own files, the latest first. @throws AppError `not-found` | `access.denied` | `validation.failed` */
export async function listOrganizationFiles(
  ctx: Ctx,
  { organizationId, cursor, limit }: z.output<typeof listOrganizationFilesInput>,
) {
  const values = [organizationId, null, ...placeOf(cursor), limit + 1];
  const [, rows] = await Promise.all([
    accessOrganization(ctx, organizationId, "organization-file.read"),
    ctx.sql.query<Row>(inOrganizationStatement, values),
  ]);
  return pageFrom(rows, limit);
}
