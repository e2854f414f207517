import { z } from "zod";
import { SavedView } from "../../../db/entities/tasks.ts";
import type { Ctx } from "../../context.ts";
import { denied, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, name, page, seenVersion } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { rightsGrant } from "../rights.ts";
import { insert, requireSeen, save } from "../save.ts";
import { viewCreated, viewDeleted, viewHidden, viewShared, viewUpdated } from "./planning.events.ts";
import { accessForView, accessView, requireFieldsOf } from "./saved-view.access.ts";
import { column, grouping, layouts, type SavedViewView, savedFilter, savedViewColumns } from "./saved-view.view.ts";
import { sortNames } from "./task.sort.ts";

const viewFields = {
  name: name(100),
  isShared: z.boolean().describe("with everybody in the project; needs `view.share`"),
  layout: z.enum(layouts),
  filter: savedFilter,
  sort: z.enum(sortNames),
  sortFieldId: id.nullable().describe("a custom field to sort by, instead of `sort`"),
  sortOrder: z.enum(["asc", "desc"]),
  groupBy: grouping,
  columns: z.array(column).max(60),
};

export const createViewInput = z.object({
  projectId: id,
  name: viewFields.name,
  isShared: viewFields.isShared.default(false),
  layout: viewFields.layout.default("list"),
  filter: viewFields.filter.optional(),
  sort: viewFields.sort.default("board"),
  sortFieldId: viewFields.sortFieldId.default(null),
  sortOrder: viewFields.sortOrder.default("asc"),
  groupBy: viewFields.groupBy.default(null),
  columns: viewFields.columns.default([]),
});

const mostViews = 100;
const countStatement = statement(
  "view.count",
  "select count(*) from tasks.views where project_id = $1 and (is_shared and $2 or owner_id = $3 and not is_shared)",
);

/**
 * Saves how to look at a project's tasks, for oneself or for everybody in the project.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (custom fields of elsewhere)
 *   | `rule.broken` (more than 100, archived)
 */
export const createView = (ctx: Ctx, input: z.output<typeof createViewInput>): Promise<SavedViewView> =>
  inTransaction(ctx, async (ctx) => {
    const { projectId, name, isShared, layout, sort, sortFieldId, sortOrder, groupBy, columns } = input;
    const project = await accessForView(ctx, projectId, isShared);
    const filter = input.filter ?? savedFilter.parse({});
    await requireFieldsOf(ctx, projectId, { filter, sortFieldId, groupBy, columns });
    const [counted] = await ctx.sql.query<{ count: number }>(countStatement, [projectId, isShared, ctx.actor.userId]);
    if ((counted?.count ?? 0) >= mostViews) throw ruleBroken("view.too-many", `At most ${mostViews} saved views.`);
    const view = await insert<SavedView, SavedViewView>(ctx, SavedView, {
      ...{ organizationId: project.organizationId, projectId, ownerId: ctx.actor.userId, name, isShared, layout },
      ...{ filter, sort, sortFieldId, sortOrder, groupBy, columns },
    });
    return record(ctx, viewCreated, null, view);
  });

export const updateViewInput = z.object(viewFields).partial().extend({ viewId: id, version: seenVersion });

/**
 * Changes the fields that are given. Shared, a view is in its project's channel; else in its owner's.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (custom fields of elsewhere)
 *   | `rule.broken` (its owner has left, archived)
 */
export const updateView = (ctx: Ctx, input: z.output<typeof updateViewInput>): Promise<SavedViewView> =>
  inTransaction(ctx, async (ctx) => {
    const { view, rights } = await accessView(ctx, input.viewId);
    requireSeen(view, input.version);
    const { viewId: _, version: __, ...given } = input;
    const changed = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => {
        return value !== undefined && JSON.stringify(value) !== JSON.stringify(view[field as keyof SavedViewView]);
      }),
    ) as Partial<typeof given>;
    const wanted = { ...view, ...changed } as SavedViewView;
    await requireFieldsOf(ctx, view.projectId, wanted);
    if (wanted.isShared && !view.isShared && !rightsGrant(rights, "view.share")) throw denied("view.share");
    if (!wanted.isShared && !view.ownerId) throw ruleBroken("view.ownerless", "Its owner has left; it stays shared.");
    const saved = await save(ctx, SavedView, view, changed as Partial<SavedViewView>);
    if (saved.isShared === view.isShared) return record(ctx, viewUpdated, view, saved);
    record(ctx, viewDeleted, view, null);
    return record(ctx, saved.isShared ? viewShared : viewHidden, null, saved);
  });

export const viewInput = z.object({ viewId: id });
const deleteStatement = statement("view.delete", "delete from tasks.views where id = $1");

/** @throws AppError `not-found` | `access.denied` | `rule.broken` (archived) */
export const deleteView = (ctx: Ctx, input: z.output<typeof viewInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { view } = await accessView(ctx, input.viewId);
    await ctx.sql.query(deleteStatement, [view.id]);
    record(ctx, viewDeleted, view, null);
    return { id: view.id };
  });

export const listViewsInput = z.strictObject({ projectId: id, ...page });

const listStatement = statement(
  "view.list",
  `select ${savedViewColumns}, lower(sv.name) as "sortText" from tasks.views sv
  where sv.project_id = $1 and (sv.is_shared or sv.owner_id = $2)
    and ($3::text is null or (lower(sv.name), sv.id) > ($3, $4::uuid)) order by lower(sv.name), sv.id limit $5`,
);

/** A project's shared views and the caller's own, by name. @throws AppError `not-found` | `validation.failed` (cursor) */
export async function listViews(ctx: Ctx, input: z.output<typeof listViewsInput>) {
  const place = placeOf(input.cursor);
  await accessProject(ctx, input.projectId, "project.read");
  const values = [input.projectId, ctx.actor.userId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<SavedViewView & { sortText: string }>(listStatement, values), input.limit);
}
