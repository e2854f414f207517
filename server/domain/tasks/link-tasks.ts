import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessTask, accessTasks } from "./task.access.ts";
import { taskLinked, taskUnlinked } from "./task.events.ts";
import { requireNotTrashed } from "./task.rules.ts";
import { lockParenthood } from "./task.tree.ts";
import type { TaskView } from "./task.view.ts";
import { accessTaskLink } from "./task-link.access.ts";
import { type TaskLinkView, taskLinkColumns } from "./task-link.view.ts";

export const linkTasksInput = z.object({
  taskId: id,
  kind: z.enum(["blocks", "blocked-by"]).describe("`blocks`: the task is to be done before the other one"),
  otherTaskId: id,
});

const findStatement = statement(
  "task-link.find",
  `select ${taskLinkColumns} from tasks.task_links k where k.blocker_id = $1 and k.blocked_id = $2`,
);
/** Whether `$1` waits for `$2` already, perhaps by others. */
const waitsStatement = statement(
  "task-link.waits",
  `with recursive up as (
    select blocker_id from tasks.task_links where blocked_id = $1
    union select k.blocker_id from tasks.task_links k join up on k.blocked_id = up.blocker_id
  ) select 1 from up where blocker_id = $2`,
);
const insertStatement = statement(
  "task-link.insert",
  `insert into tasks.task_links (id, organization_id, project_id, blocker_id, blocked_id, created_at) values ($1, $2, $3, $4, $5, $6)`,
);
const deleteStatement = statement("task-link.delete", "delete from tasks.task_links where id = $1");

/**
 * Says that one task waits for another one of the same project. A link that exists already is answered as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `validation.failed` (task of another project)
 *   | `rule.broken` (they would wait for each other, in the trash, archived project)
 */
export const linkTasks = (ctx: Ctx, input: z.output<typeof linkTasksInput>): Promise<TaskLinkView> =>
  inTransaction(ctx, async (ctx) => {
    const pair = [input.taskId, input.otherTaskId] as const;
    const [blockerId, blockedId] = input.kind === "blocks" ? pair : ([pair[1], pair[0]] as const);
    const [, tasks, [known], circle] = await Promise.all([
      lockParenthood(ctx, input.taskId),
      accessTasks(ctx, pair, "task.update"),
      ctx.sql.query<TaskLinkView>(findStatement, [blockerId, blockedId]),
      ctx.sql.query(waitsStatement, [blockerId, blockedId]),
    ]);
    const [task, other] = tasks as [TaskView, TaskView];
    if (task.projectId !== other.projectId) throw invalid("otherTaskId", "Both tasks must be of one project.");
    tasks.forEach(requireNotTrashed);
    if (known) return known;
    if (circle.length > 0 || blockerId === blockedId)
      throw ruleBroken("task-link.cycle", "Tasks cannot wait for each other.", { blockerId, blockedId });

    const { organizationId, projectId } = task;
    const link = { id: v7(), organizationId, projectId, blockerId, blockedId, createdAt: ctx.now.toISOString() };
    write(ctx, insertStatement, [link.id, organizationId, projectId, blockerId, blockedId, link.createdAt]);
    return record(ctx, taskLinked, null, link);
  });

export const unlinkTasksInput = z.object({ linkId: id });

/**
 * Ends a link between two tasks.
 *
 * @returns the link as it was
 * @throws AppError `not-found` (also when repeated) | `access.denied` | `rule.broken` (archived project)
 */
export const unlinkTasks = (ctx: Ctx, { linkId }: z.output<typeof unlinkTasksInput>): Promise<TaskLinkView> =>
  inTransaction(ctx, async (ctx) => {
    const link = await accessTaskLink(ctx, linkId, "task.update");
    write(ctx, deleteStatement, [linkId]);
    record(ctx, taskUnlinked, link, null);
    return link;
  });

const listStatement = statement(
  "task-link.list",
  `select ${taskLinkColumns} from tasks.task_links k where k.blocker_id = $1 or k.blocked_id = $1 order by k.id`,
);

/** All links of a task, both ways. @throws AppError `not-found` */
export async function listTaskLinks(ctx: Ctx, { taskId }: { taskId: string }): Promise<{ items: TaskLinkView[] }> {
  const [, items] = await Promise.all([
    accessTask(ctx, taskId, "task.read"),
    ctx.sql.query<TaskLinkView>(listStatement, [taskId]),
  ]);
  return { items };
}
