import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { nextNumber, taskFields, watchersOfNew } from "./create-task.ts";
import { admitToTask } from "./task.access.ts";
import { beginningOf, counterpartsOf, findPlaces } from "./task.counterparts.ts";
import { taskCreated } from "./task.events.ts";
import { nothingPlanned } from "./task.planning.ts";
import { lockStatuses } from "./task.queries.ts";
import { completedAtIn, requireNotTrashed } from "./task.rules.ts";
import { insertTask } from "./task.save.ts";
import { readTree, shareParenthood } from "./task.tree.ts";
import { type TaskView, taskViewSchema } from "./task.view.ts";
import { insertWatches } from "./task.watches.ts";

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
    const [project, counterparts] = await Promise.all([
      accessProject(ctx, toProjectId, "task.create"),
      counterpartsOf(ctx, toProjectId, ids),
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
    const places = await findPlaces(ctx, project.id, targets, {
      idOf: (task) => copyIds.get(task.id) as string,
      takesRoom: () => !automatic,
    });
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

const parentStatement = statement(
  "task.live-parent",
  "select id from tasks.tasks where id = $1 and deleted_at is null",
);

async function liveParent(ctx: Ctx, parentId: string): Promise<string | null> {
  const [parent] = await ctx.sql.query<{ id: string }>(parentStatement, [parentId]);
  return parent?.id ?? null;
}
