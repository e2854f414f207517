import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { nextNumber, taskFields, watchersOfNew } from "./create-task.ts";
import { ranksIn } from "./place-task.ts";
import { admitToTask } from "./task.access.ts";
import { taskCreated } from "./task.events.ts";
import { nothingPlanned } from "./task.planning.ts";
import { lockPlace, lockStatuses, requirePlace } from "./task.queries.ts";
import { completedAtIn, requireNotTrashed, requireRoom } from "./task.rules.ts";
import { insertTask } from "./task.save.ts";
import { readTree, shareParenthood } from "./task.tree.ts";
import { type TaskView, taskViewSchema } from "./task.view.ts";
import { insertWatches } from "./task.watches.ts";
import { startStatusSql } from "./task.workflow.ts";

export const copyTaskInput = z.object({
  taskId: id,
  toProjectId: id.optional().describe("another project of the same organization; default: the task's own"),
  title: taskFields.title.optional().describe("of the copy; default: that of the task"),
  withSubtasks: z.boolean().default(false),
});

export const copiedSchema = z.object({
  task: taskViewSchema,
  subtasks: z.array(taskViewSchema),
});

/** One copy is one transaction. */
const mostTasks = 200;

/** Which status, labels and people of the project `$1` stand for those of the tasks `$2`. */
const counterpartsStatement = statement(
  "task.counterparts",
  `select
    (select json_object_agg(o.id, coalesce(
        (select n.id from projects.statuses n where n.project_id = p.id and (n.id = o.id or lower(n.name) = lower(o.name)) order by n.id = o.id desc limit 1),
        (select n.id from projects.statuses n where n.project_id = p.id and n.category = o.category order by n.rank, n.id limit 1),
        (select n.id from projects.statuses n where n.project_id = p.id order by n.rank, n.id limit 1)))
      from projects.statuses o where o.id in (select t.status_id from tasks.tasks t where t.id = any($2::uuid[]))) as statuses,
    (select json_object_agg(o.id, n.id) from projects.labels o join projects.labels n on n.project_id = p.id and lower(n.name) = lower(o.name)
      where o.id in (select l.label_id from tasks.task_labels l where l.task_id = any($2::uuid[]))) as labels,
    array(select distinct a.user_id from tasks.task_assignees a where a.task_id = any($2::uuid[]) and ${projectRoleSql("p", "a.user_id")} > 0) as people,
    ${startStatusSql("p.id")} as start,
    case when p.settings ->> 'workflow' = 'restricted' then
      array(select tr.to_status_id from projects.transitions tr where tr.project_id = p.id and tr.from_status_id is null) end as beginnings
  from projects.projects p where p.id = $1`,
);
interface Counterparts {
  statuses: Record<string, string | null> | null;
  labels: Record<string, string> | null;
  people: string[];
  start: string | null;
  /** Where new tasks may be besides, in a restricted workflow; else null: anywhere. */
  beginnings: string[] | null;
}

/**
 * Copies a task, and if wanted all below it, to the bottom of its status: words, dates, priority, estimate, labels and
 * people, milestone and custom fields. In another project status and labels are those of the same name, else a status of the same category, and where the
 * workflow is restricted one that new tasks may begin in; labels
 * and people that the project does not have are left out, and so are milestone and custom fields. Sprint, comments, links
 * and history are not copied.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (project of another organization)
 *   | `rule.broken` (WIP limit, more than 200 tasks, in the trash, archived project, project without a status)
 */
export const copyTask = (ctx: Ctx, input: z.output<typeof copyTaskInput>): Promise<z.output<typeof copiedSchema>> =>
  copyTree(ctx, input);

/** How copies differ that nobody asks for at the moment. */
interface Automatic {
  /** Where tasks begin, whatever the status of the original and however full. */
  fromStart: true;
  days(original: TaskView): Pick<TaskView, "startOn" | "dueOn">;
}

export const copyTree = (
  ctx: Ctx,
  input: z.output<typeof copyTaskInput>,
  automatic?: Automatic,
): Promise<z.output<typeof copiedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const [root, tree] = await Promise.all([admitToTask(ctx, input.taskId, "task.read"), readTree(ctx, input.taskId)]);
    requireNotTrashed(root);
    const toProjectId = input.toProjectId ?? root.projectId;
    const originals = input.withSubtasks ? liveFrom(root, tree) : [root];
    if (originals.length > mostTasks) throw ruleBroken("task.copy-size", `At most ${mostTasks} tasks at once.`);
    const ids = originals.map((task) => task.id);
    const [project, [counterparts]] = await Promise.all([
      accessProject(ctx, toProjectId, "task.create"),
      ctx.sql.query<Counterparts>(counterpartsStatement, [toProjectId, ids]),
    ]);
    if (project.organizationId !== root.organizationId)
      throw invalid("toProjectId", "A task can only be copied within its organization.");

    const copyIds = new Map(ids.map((taskId) => [taskId, v7()]));
    const targets = Map.groupBy(
      originals,
      (task) => (automatic ? counterparts?.start : beginningOf(counterparts, task)) ?? "",
    );
    if (targets.has("")) throw ruleBroken("project.no-status", "The project has no status for a task to be in.");
    const [, , { number, projectKey }] = await Promise.all([
      lockStatuses(ctx, [], [...targets.keys()]),
      shareParenthood(ctx, project.id),
      nextNumber(ctx, project.id, originals.length),
    ]);
    const places = await findPlaces(ctx, project.id, targets, copyIds, !automatic);
    const keepsParent = root.parentId && project.id === root.projectId ? await liveParent(ctx, root.parentId) : null;
    const now = ctx.now.toISOString();
    const copies = originals.map((original, at): TaskView => {
      const place = places.get(original.id)!;
      const nth = number - originals.length + 1 + at;
      const copy: TaskView = {
        ...original,
        id: copyIds.get(original.id) as string,
        projectId: project.id,
        key: `${projectKey}-${nth}`,
        number: nth,
        title: (original === root && input.title) || original.title,
        statusId: place.statusId,
        rank: place.rank,
        parentId: original === root ? keepsParent : (copyIds.get(original.parentId as string) as string),
        assigneeIds: original.assigneeIds.filter((userId) => counterparts?.people.includes(userId)),
        labelIds: original.labelIds.flatMap((labelId) => counterparts?.labels?.[labelId] ?? []).sort(),
        ...planOf(original, project.id),
        ...automatic?.days(original),
        completedAt: null,
        archivedAt: null,
        createdById: ctx.actor.userId,
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      return { ...copy, completedAt: completedAtIn(place, copy, ctx.now) };
    });
    for (const copy of copies) insertTask(ctx, copy);
    insertWatches(ctx, copies.flatMap(watchersOfNew));
    for (const copy of copies) record(ctx, taskCreated, null, copy);
    const [task, ...subtasks] = copies as [TaskView, ...TaskView[]];
    return { task, subtasks };
  });

/** A restricted workflow lets new tasks begin in few statuses; a copy of what went on begins where tasks begin. */
function beginningOf(counterparts: Counterparts | undefined, { statusId }: TaskView): string | null {
  const { statuses = null, start = null, beginnings = null } = counterparts ?? {};
  const counterpart = statuses?.[statusId] ?? null;
  return !counterpart || !beginnings || beginnings.includes(counterpart) ? counterpart : start;
}

/** Plans are a project's own: a copy elsewhere has none. Nor is a copy part of a sprint, which may be over. */
const planOf = ({ projectId, milestoneId, fields }: TaskView, toProjectId: string) =>
  projectId === toProjectId ? { sprintId: null, milestoneId, fields } : nothingPlanned;

/** The task and what is below it outside the trash, parents before their children. */
function liveFrom(root: TaskView, tree: readonly TaskView[]): TaskView[] {
  const children = Map.groupBy(tree, (task) => task.parentId);
  const found = [root];
  for (const task of found) found.push(...(children.get(task.id) ?? []).filter((child) => !child.deletedAt));
  return found;
}

/** The bottom of each status that copies enter, with a rank for each copy. The statuses must be locked. */
async function findPlaces(
  ctx: Ctx,
  projectId: string,
  targets: ReadonlyMap<string, readonly TaskView[]>,
  copyIds: ReadonlyMap<string, string>,
  limited: boolean,
) {
  const found = new Map<string, Pick<TaskView, "statusId" | "rank"> & { category: Category }>();
  for (const [statusId, entering] of targets) {
    const taskIds = entering.map((task) => copyIds.get(task.id) as string);
    const place = await lockPlace(ctx, statusId, { taskId: taskIds[0] as string, projectId }, "bottom");
    requirePlace(place, statusId, "bottom");
    if (limited) requireRoom(place, entering.length);
    const ranks = await ranksIn(ctx, place, taskIds);
    entering.forEach((task, at) => {
      found.set(task.id, { statusId, rank: ranks[at] as string, category: place.category });
    });
  }
  return found;
}
type Category = NonNullable<Awaited<ReturnType<typeof lockPlace>>>["category"];

const parentStatement = statement(
  "task.live-parent",
  "select id from tasks.tasks where id = $1 and deleted_at is null",
);

async function liveParent(ctx: Ctx, parentId: string): Promise<string | null> {
  const [parent] = await ctx.sql.query<{ id: string }>(parentStatement, [parentId]);
  return parent?.id ?? null;
}
