import type { Ctx } from "../../context.ts";
import { denied, invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import {
  type AccessibleProject,
  accessProject,
  requireProjectPermission,
  standingSql,
} from "../projects/project.access.ts";
import { rightsGrant } from "../rights.ts";
import { type SavedViewView, savedViewColumns } from "./saved-view.view.ts";
import { fieldOf } from "./task.field-filter.ts";

const lockStatement = statement("view.lock", "select from tasks.views where id = $1 for update");
const readStatement = statement(
  "view.access",
  `select ${savedViewColumns}, ${standingSql} from tasks.views sv join projects.projects p on p.id = sv.project_id
  where sv.id = $1 and (sv.is_shared or sv.owner_id = $2)`,
);

type Row = SavedViewView & Pick<AccessibleProject, "roleRank" | "projectArchivedAt">;

/**
 * The only way to a saved view by id, for who may change it: its owner, who needs `view.share` while it is shared, and
 * of shared ones also who holds `view.manage`. Locked.
 */
export async function accessView(ctx: Ctx, viewId: string): Promise<{ view: SavedViewView; rights: number }> {
  const [, [row]] = await Promise.all([
    ctx.sql.query(lockStatement, [viewId]),
    ctx.sql.query<Row>(readStatement, [viewId, ctx.actor.userId]),
  ]);
  requireProjectPermission(row, "view.create", "view", viewId);
  const { roleRank, projectArchivedAt: _, ...view } = row as Row;
  const rights = roleRank ?? 0;
  const isMine = view.ownerId === ctx.actor.userId;
  const mayChange = isMine && (!view.isShared || rightsGrant(rights, "view.share"));
  if (!mayChange && !rightsGrant(rights, "view.manage")) throw denied("view.manage");
  return { view, rights };
}

/** A project to which a view can be added, or with which it can be shared. */
export async function accessForView(ctx: Ctx, projectId: string, isShared: boolean): Promise<AccessibleProject> {
  return accessProject(ctx, projectId, isShared ? "view.share" : "view.create");
}

/** A shared lock, so that a field does not go while a view begins to speak of it. */
const fieldsStatement = statement(
  "view.fields",
  "select id from projects.fields where project_id = $1 and id = any($2::uuid[]) order by id for key share",
);

type Spoken = Pick<SavedViewView, "filter" | "sortFieldId" | "groupBy" | "columns">;

/** The custom fields that a view speaks of. */
export const fieldsIn = ({ filter, sortFieldId, groupBy, columns }: Spoken): string[] => [
  ...new Set([
    ...(filter.fieldFilters ?? []).map(fieldOf),
    ...(sortFieldId ? [sortFieldId] : []),
    ...[...columns, groupBy ?? ""].filter((name) => name.startsWith("fields.")).map((name) => name.slice(7)),
  ]),
];

/** @throws AppError `validation.failed` when a view speaks of a field that its project does not have */
export async function requireFieldsOf(ctx: Ctx, projectId: string, view: Spoken): Promise<void> {
  const asked = fieldsIn(view);
  if (asked.length === 0) return;
  const found = await ctx.sql.query(fieldsStatement, [projectId, asked]);
  if (found.length < asked.length) throw invalid("filter", "Only custom fields of the project can be used.");
}
