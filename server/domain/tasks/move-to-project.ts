import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, invalid, ruleBroken, stale } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { projectMove } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { requireScope, rightsInScope } from "../scopes.ts";
import { nextNumber } from "./create-task.ts";
import { accessTask, admitToTask } from "./task.access.ts";
import { beginningOf, counterpartsOf, findPlaces } from "./task.counterparts.ts";
import { taskEntered, taskLeft, taskLinked, taskUnlinked } from "./task.events.ts";
import { lockStatuses } from "./task.queries.ts";
import { droppedSchema, endingLinks, relocated, surroundingsOf } from "./task.relocation.ts";
import { completedAtIn, requireNotTrashed, takesRoom } from "./task.rules.ts";
import { type Edit, saveSets } from "./task.save.ts";
import { lockParenthood, lockWhole, readTree, shareParenthood, treeIds } from "./task.tree.ts";
import { type TaskView, taskViewSchema } from "./task.view.ts";
import { requireTransition } from "./task.workflow.ts";
import { linksOfTasks } from "./task-link.access.ts";

export const moveToProjectInput = z.object({
  taskId: id,
  toProjectId: id.describe("another project of the same organization"),
  toStatusId: id
    .optional()
    .describe("where the task stands there; default: the status of the same name, else of the same category"),
  version: seenVersion,
});

export const movedToProjectSchema = z.object({
  task: taskViewSchema,
  subtasks: z.array(taskViewSchema).describe("all below it, outside the trash"),
  dropped: z.array(droppedSchema).describe("what the other project has no place for"),
});

/** One move is one transaction. */
const mostTasks = 200;

const lockOrganizationStatement = statement(
  "task.lock-organization",
  "select from organizations.organizations where id = (select organization_id from tasks.tasks where id = $1) for no key update",
);
const lockProjectsStatement = statement(
  "task.lock-projects",
  "select from projects.projects where id = any($1::uuid[]) order by id for no key update",
);
const revokesStatement = statement(
  "task.readers-left-behind",
  `select m.user_id as "userId" from projects.projects here, projects.projects there, organizations.members m
  where here.id = $1 and there.id = $2 and m.organization_id = here.organization_id
    and ${projectRoleSql("here", "m.user_id")} > 0 and coalesce(${projectRoleSql("there", "m.user_id")}, 0) = 0`,
);

/**
 * Moves a task and all below it, the trash included, to another project of the organization: to the bottom of a status,
 * with new keys; the former ones go on leading to it. What belongs to it goes along: comments, files, links among those
 * that move, recurrences, time, and for who can read the other project watches, reminders, mentions and notifications.
 * Labels, milestone and custom fields become those of the same name, and what has none is told as dropped. Repeated, it
 * changes nothing.
 *
 * @throws AppError `not-found` (task, project, status) | `access.denied` | `stale`
 *   | `validation.failed` (project of another organization) | `conflict` (is being moved elsewhere)
 *   | `rule.broken` (time on it is closed, WIP limit, transitions, more than 200 tasks, in the trash, archived project,
 *   project without a status)
 */
export const moveToProject = (
  ctx: Ctx,
  input: z.output<typeof moveToProjectInput>,
): Promise<z.output<typeof movedToProjectSchema>> =>
  inTransaction(ctx, async (ctx) => {
    requireScope(ctx.actor, "task.create");
    const { taskId, toProjectId, toStatusId } = input;
    const { projectId: fromProjectId } = await admitToTask(ctx, taskId, "task.delete");
    const [, , project] = await Promise.all([
      ctx.sql.query(lockOrganizationStatement, [taskId]), // who may read what stays as it is
      ctx.sql.query(lockProjectsStatement, [[fromProjectId, toProjectId]]),
      accessProject(ctx, toProjectId, "task.create"),
    ]);
    const ids = await treeIds(ctx, taskId);
    const [, , , , root, tree] = await Promise.all([
      lockStatuses(ctx, ids),
      lockParenthood(ctx, taskId),
      shareParenthood(ctx, toProjectId),
      lockWhole(ctx, ids),
      accessTask(ctx, taskId, "task.delete"),
      readTree(ctx, taskId),
    ]);
    if (root.projectId === toProjectId) return { task: root, subtasks: [], dropped: [] };
    if (root.projectId !== fromProjectId || tree.length !== ids.length)
      throw new AppError("conflict", "Others are changing the same thing; try again.", { retry: true });
    if (project.organizationId !== root.organizationId)
      throw invalid("toProjectId", "A task can only be moved within its organization.");
    requireNotTrashed(root);
    if (input.version !== undefined && input.version !== root.version) throw stale(root);
    if (tree.length > mostTasks) throw ruleBroken("task.move-size", `At most ${mostTasks} tasks at once.`);

    const [counterparts, around, links, left] = await Promise.all([
      counterpartsOf(ctx, toProjectId, ids),
      surroundingsOf(ctx, fromProjectId, toProjectId, tree),
      linksOfTasks(ctx, ids),
      ctx.sql.query<{ userId: string }>(revokesStatement, [fromProjectId, toProjectId]),
    ]);
    const statusFor = (task: TaskView) => (task.id === root.id && toStatusId) || beginningOf(counterparts, task);
    const targets = Map.groupBy(tree, (task) => statusFor(task) ?? "");
    if (!counterparts || targets.has(""))
      throw ruleBroken("project.no-status", "The project has no status for a task to be in.");
    await lockStatuses(ctx, [], [...targets.keys()]);
    const places = await findPlaces(ctx, toProjectId, targets, { idOf: (task) => task.id, takesRoom });
    const { number, projectKey } = await nextNumber(ctx, toProjectId, tree.length);

    const ending = endingLinks(links, new Set(ids));
    const dropped = [...ending.dropped];
    const updatedAt = ctx.now.toISOString();
    const edits = tree.map((before, at): Edit => {
      const place = places.get(before.id)!;
      const { there, dropped: lost } = relocated(before, around, counterparts);
      dropped.push(...lost);
      const own = number - tree.length + 1 + at;
      const wanted: TaskView = {
        ...{ ...before, ...there, projectId: toProjectId, number: own, key: `${projectKey}-${own}` },
        ...{ statusId: place.statusId, rank: place.rank, completedAt: completedAtIn(place, before, ctx.now) },
        ...{ parentId: before.id === root.id ? null : before.parentId, version: before.version + 1, updatedAt },
      };
      return { before, wanted };
    });
    if (root.parentId) dropped.push({ taskId, kind: "parent", id: root.parentId, name: null });
    const moved = edits.find(({ before }) => before.id === taskId)?.wanted as TaskView;
    const mover = { userId: ctx.actor.userId, rights: rightsInScope(ctx.actor, project.roleRank ?? 0) };
    if (toStatusId) requireTransition(places.get(taskId)!, moved, null, mover);

    const { organizationId } = root;
    const revokes = left.map(({ userId }) => userId);
    const move = { organizationId, fromProjectId, toProjectId, taskIds: ids, revokes };
    const shown = edits.filter(({ before }) => !before.deletedAt);
    return projectMove.around(ctx, move, async () => {
      for (const link of ending.ending) record(ctx, taskUnlinked, link, null);
      for (const link of ending.moving) record(ctx, taskUnlinked, link, null);
      for (const { before } of shown) record(ctx, taskLeft, before, null);
      relocate(
        ctx,
        edits,
        ending.ending.map(({ id }) => id),
      );
      for (const { wanted } of shown) record(ctx, taskEntered, null, wanted);
      for (const link of ending.moving) record(ctx, taskLinked, null, { ...link, projectId: toProjectId });
      const subtasks = shown.map(({ wanted }) => wanted).filter((task) => task.id !== taskId);
      return { task: moved, subtasks, dropped };
    });
  });

const unlinkStatement = statement(
  "task-link.delete-of-moved",
  "delete from tasks.task_links where id = any($1::uuid[])",
);
const rememberStatement = statement(
  "task.remember-numbers",
  `insert into tasks.former_numbers (organization_id, project_id, number, task_id)
  select t.organization_id, t.project_id, t.number, t.id from tasks.tasks t where t.id = any($1::uuid[])`,
);
/* All at once: of two that are linked, neither is ever in another project than the other. */
const relocateStatement = statement(
  "task.relocate",
  `update tasks.tasks t set project_id = $2, number = w.number, key = w.key, status_id = w.status_id, rank = w.rank, parent_id = w.parent_id,
    completed_at = w.completed_at, sprint_id = null, milestone_id = w.milestone_id, fields = w.fields, version = w.version, updated_at = w.updated_at
  from json_to_recordset($1::json) as w (id uuid, number int, key text, status_id uuid, rank text, parent_id uuid, completed_at timestamptz,
    milestone_id uuid, fields jsonb, version int, updated_at timestamptz)
  where t.id = w.id`,
);

/** Writes tasks of one project as tasks of another; the schema takes along what belongs to them. */
function relocate(ctx: Ctx, edits: readonly Edit[], endingLinkIds: readonly string[]): void {
  const [first] = edits;
  if (!first) return;
  const bare = edits.map(({ before, wanted }) => ({
    before,
    wanted: { ...before, labelIds: [], assigneeIds: wanted.assigneeIds },
  }));
  if (endingLinkIds.length > 0) write(ctx, unlinkStatement, [endingLinkIds]);
  write(ctx, rememberStatement, [edits.map(({ before }) => before.id)]);
  saveSets(ctx, bare); // labels are a project's own
  const rows = edits.map(({ wanted }) => ({
    ...{ id: wanted.id, number: wanted.number, key: wanted.key, status_id: wanted.statusId, rank: wanted.rank },
    ...{ parent_id: wanted.parentId, completed_at: wanted.completedAt, milestone_id: wanted.milestoneId },
    ...{ fields: wanted.fields, version: wanted.version, updated_at: wanted.updatedAt },
  }));
  write(ctx, relocateStatement, [JSON.stringify(rows), first.wanted.projectId]);
  saveSets(
    ctx,
    edits.map(({ wanted }, at) => ({ before: { ...wanted, labelIds: bare[at]?.wanted.labelIds ?? [] }, wanted })),
  );
}
