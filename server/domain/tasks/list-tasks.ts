import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { id, page } from "../fields.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { conditionsOf, type TaskFilter, taskFilter, Values } from "./task.filter.ts";
import { pagingOf, type Sort, sortedPage, taskSort } from "./task.sort.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

export const listTasksInput = z.strictObject({
  projectId: id,
  ...taskFilter,
  ...taskSort,
  sort: taskSort.sort.default("board"),
  ...page,
});

export const myTasksInput = z.strictObject({
  organizationId: id.optional(),
  ...taskFilter,
  ...taskSort,
  sort: taskSort.sort.default("dueOn"),
  ...page,
});

interface Page {
  items: TaskView[];
  nextCursor: string | null;
}

/**
 * A project's tasks, narrowed and sorted. Pages stay in step while tasks come and go: none is shown twice or left out
 * unless its own place changes.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor)
 */
export async function listTasks(ctx: Ctx, input: z.output<typeof listTasksInput>): Promise<Page> {
  const values = new Values();
  const inProject = `t.project_id = ${values.bind(input.projectId)}::uuid`;
  const [, found] = await Promise.all([
    accessProject(ctx, input.projectId, "task.read"),
    readPage(ctx, [inProject], values, input),
  ]);
  return found;
}

/**
 * The tasks that are assigned to the caller, in all projects that they can read.
 *
 * @throws AppError `validation.failed` (cursor)
 */
export async function myTasks(ctx: Ctx, input: z.output<typeof myTasksInput>): Promise<Page> {
  const values = new Values();
  const me = `${values.bind(ctx.actor.userId)}::uuid`;
  const conditions = [
    `t.id in (select mine.task_id from tasks.task_assignees mine where mine.user_id = ${me})`,
    `t.project_id in (select p.id from projects.projects p
      where p.id in (select mine.project_id from tasks.task_assignees mine where mine.user_id = ${me}) and ${projectRoleSql("p", me)} > 0)`,
  ];
  if (input.organizationId) conditions.push(`t.organization_id = ${values.bind(input.organizationId)}::uuid`);
  return readPage(ctx, conditions, values, input);
}

interface PageInput extends TaskFilter, Sort {
  cursor?: string | undefined;
  limit: number;
}

/** One statement, not prepared: its text depends on the conditions, and its plan on their values. */
async function readPage(ctx: Ctx, scope: readonly string[], values: Values, input: PageInput): Promise<Page> {
  const paging = pagingOf(input, input.cursor, values);
  const conditions = [...scope, ...conditionsOf(input, ctx.actor.userId, values), paging.condition ?? "true"];
  const join = input.sort === "board" ? "join projects.statuses s on s.id = t.status_id" : "";
  const rows = await ctx.sql.query<TaskView>(
    `select ${taskColumns}, ${paging.columns} from tasks.tasks t ${join}
    where ${conditions.join(" and ")} order by ${paging.orderBy} limit ${values.bind(input.limit + 1)}::int`,
    values.list,
  );
  return sortedPage(input, rows, input.limit);
}
