import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { id, page } from "../fields.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { fields } from "../projects/workflow.access.ts";
import { fieldConditions, fieldFilters, fieldKey } from "./task.field-filter.ts";
import type { FieldDefinition } from "./task.fields.ts";
import { conditionsOf, type TaskFilter, taskFilter, Values } from "./task.filter.ts";
import { type FieldSort, pagingOf, type Sort, sortedPage, taskSort } from "./task.sort.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

export const listTasksInput = z.strictObject({
  projectId: id,
  ...taskFilter,
  fieldFilters,
  ...taskSort,
  sort: taskSort.sort.default("board"),
  sortFieldId: id.optional().describe("a custom field to sort by, instead of `sort`; absent values come last"),
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
 * Custom fields are looked up first, which costs a round trip more where they are asked for.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor, fields of elsewhere, what their kind does not know)
 */
export async function listTasks(ctx: Ctx, input: z.output<typeof listTasksInput>): Promise<Page> {
  const values = new Values();
  const project = `${values.bind(input.projectId)}::uuid`;
  const conditions = [`t.project_id = ${project}`];
  const door = accessProject(ctx, input.projectId, "task.read");
  if (!input.fieldFilters && !input.sortFieldId) {
    const [, found] = await Promise.all([door, readPage(ctx, conditions, values, input, input, project)]);
    return found;
  }
  const [, definitions] = await Promise.all([door, fields.all(ctx, input.projectId)]);
  conditions.push(...fieldConditions(input.fieldFilters ?? [], definitions, ctx.actor.userId, values));
  const sort = input.sortFieldId ? sortByField(definitions, input.sortFieldId, input.order, values) : input;
  return readPage(ctx, conditions, values, input, sort, project);
}

/** @throws AppError `validation.failed` */
function sortByField(
  definitions: readonly FieldDefinition[],
  fieldId: string,
  order: Sort["order"],
  values: Values,
): FieldSort {
  const field = definitions.find(({ id }) => id === fieldId);
  if (!field) throw invalid("sortFieldId", `The project has no field ${fieldId}.`);
  return { sort: `field:${fieldId}`, order, key: fieldKey(field, values) };
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
  return readPage(ctx, conditions, values, input, input);
}

interface PageInput extends TaskFilter {
  cursor?: string | undefined;
  limit: number;
}

/**
 * One statement, not prepared: its text depends on the conditions, and its plan on their values.
 *
 * @param project of a board, so that each of its statuses is read from its own index, and no further than the page
 */
async function readPage(
  ctx: Ctx,
  scope: readonly string[],
  values: Values,
  input: PageInput,
  sort: Sort | FieldSort,
  project?: string,
): Promise<Page> {
  const paging = pagingOf(sort, input.cursor, values);
  const conditions = [...scope, ...conditionsOf(input, ctx.actor.userId, values), ...paging.conditions];
  const limit = `${values.bind(input.limit + 1)}::int`;
  const where = `where ${conditions.join(" and ")}`;
  const join = sort.sort === "board" ? "join projects.statuses s on s.id = t.status_id" : "";
  const from =
    sort.sort === "board" && project
      ? `projects.statuses s cross join lateral (
          select * from tasks.tasks t ${where} and t.status_id = s.id order by t.rank ${sort.order}, t.id ${sort.order} limit ${limit}
        ) t where s.project_id = ${project}`
      : `tasks.tasks t ${join} ${where}`;
  const rows = await ctx.sql.query<TaskView>(
    `select ${taskColumns}, ${paging.columns} from ${from} order by ${paging.orderBy} limit ${limit}`,
    values.list,
  );
  return sortedPage(sort, rows, input.limit);
}
