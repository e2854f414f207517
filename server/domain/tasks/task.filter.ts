import { z } from "zod";
import { day, id, instant, text } from "../fields.ts";
import { statusCategories } from "../projects/project.view.ts";
import { priorities } from "./task.view.ts";

const some = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(50).optional();
const included = z.enum(["exclude", "include", "only"]);

/**
 * What a list of tasks can be narrowed to; all given conditions hold, within one any of its values does. Flat and made of
 * texts, so that it reads the same in a query string, where lists are repeated parameters.
 */
export const taskFilter = {
  statusIds: some(id),
  statusCategories: some(z.enum(statusCategories)),
  assigneeIds: some(z.union([z.enum(["me", "none"]), id])).describe("`none`: nobody is assigned"),
  labelIds: some(id),
  labelMatch: z.enum(["any", "all"]).default("any").describe("whether a task has any of `labelIds`, or all"),
  priorities: some(z.enum(priorities)),
  sprintIds: some(z.union([z.literal("none"), id])).describe("`none`: tasks that are in no sprint"),
  milestoneIds: some(z.union([z.literal("none"), id])),
  parentId: z
    .union([z.literal("none"), id])
    .optional()
    .describe("`none`: tasks that are nobody's sub-task"),
  dueBefore: day.optional().describe("due earlier than this day"),
  dueAfter: day.optional().describe("due later than this day"),
  text: text(200).optional().describe("in the title, without regard to case"),
  archived: included.default("exclude"),
  blocked: included.default("include").describe("those that wait for a task which is not completed"),
  updatedSince: instant.optional(),
  createdById: z.union([z.literal("me"), id]).optional(),
};
const filterSchema = z.object(taskFilter);
export type TaskFilter = z.output<typeof filterSchema>;

/** Values of a statement, numbered as they are bound. */
export class Values {
  readonly list: unknown[] = [];

  /** The parameter that stands for a value; the value itself never becomes part of the text. */
  bind(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

const blocked = `exists (select from tasks.task_links k join tasks.tasks b on b.id = k.blocker_id
  where k.blocked_id = t.id and b.completed_at is null and b.deleted_at is null)`;

/** The conditions of a filter on a row `t` of tasks.tasks, made of fixed texts and bound values. */
export function conditionsOf(filter: TaskFilter, userId: string, values: Values): string[] {
  const found: string[] = ["t.deleted_at is null"];
  const given = <V>(value: V | undefined, condition: (value: V) => string) => {
    if (value !== undefined) found.push(condition(value));
  };
  const any = (list: readonly string[], type: "uuid" | "text") => `any(${values.bind(list)}::${type}[])`;

  given(filter.statusIds, (ids) => `t.status_id = ${any(ids, "uuid")}`);
  given(
    filter.statusCategories,
    (categories) =>
      `t.status_id in (select c.id from projects.statuses c where c.project_id = t.project_id and c.category = ${any(categories, "text")})`,
  );
  given(filter.assigneeIds, (ids) => assignedTo(ids, userId, any));
  given(filter.labelIds, (ids) => labelledWith([...new Set(ids)], filter.labelMatch, values));
  given(filter.priorities, (list) => `t.priority = ${any(list, "text")}`);
  given(filter.parentId, (parent) =>
    parent === "none" ? "t.parent_id is null" : `t.parent_id = ${values.bind(parent)}::uuid`,
  );
  given(filter.sprintIds, (ids) => oneOf("t.sprint_id", ids, any));
  given(filter.milestoneIds, (ids) => oneOf("t.milestone_id", ids, any));
  given(filter.dueBefore, (on) => `t.due_on < ${values.bind(on)}::date`);
  given(filter.dueAfter, (on) => `t.due_on > ${values.bind(on)}::date`);
  given(filter.text, (part) => titled(part, values));
  given(filter.updatedSince, (at) => `t.updated_at >= ${values.bind(at)}::timestamptz`);
  given(filter.createdById, (by) => `t.created_by_id = ${values.bind(by === "me" ? userId : by)}::uuid`);
  if (filter.archived !== "include") found.push(`t.archived_at is ${filter.archived === "only" ? "not null" : "null"}`);
  if (filter.blocked !== "include") found.push(filter.blocked === "only" ? blocked : `not ${blocked}`);
  return found;
}

type Any = (list: readonly string[], type: "uuid") => string;

function oneOf(column: "t.sprint_id" | "t.milestone_id", wanted: readonly string[], any: Any): string {
  const ids = wanted.filter((id) => id !== "none");
  const none = wanted.includes("none") ? [`${column} is null`] : [];
  return `(${[...(ids.length > 0 ? [`${column} = ${any(ids, "uuid")}`] : []), ...none].join(" or ")})`;
}

function assignedTo(wanted: readonly string[], userId: string, any: Any): string {
  const ids = wanted.filter((who) => who !== "none").map((who) => (who === "me" ? userId : who));
  const assigned = "select from tasks.task_assignees a where a.task_id = t.id";
  const conditions = [
    ...(ids.length > 0 ? [`exists (${assigned} and a.user_id = ${any(ids, "uuid")})`] : []),
    ...(wanted.includes("none") ? [`not exists (${assigned})`] : []),
  ];
  return `(${conditions.join(" or ")})`;
}

/** The index of trigrams finds rare words; it knows only words, and keys besides titles, so the title itself decides. */
function titled(part: string, values: Values): string {
  const inTitle = `strpos(lower(t.title), lower(${values.bind(part)}::text)) > 0`;
  if (!/[\p{L}\p{N}]{3}/u.test(part)) return inTitle;
  const pattern = values.bind(`%${part.replace(/[\\%_]/g, "\\$&")}%`);
  return `${inTitle} and t.id in (select w.task_id from tasks.search w where w.title ilike ${pattern}::text)`;
}

function labelledWith(ids: readonly string[], match: "any" | "all", values: Values): string {
  const having = (labelIds: readonly string[]) =>
    `exists (select from tasks.task_labels l where l.task_id = t.id and l.label_id = any(${values.bind(labelIds)}::uuid[]))`;
  return match === "any" ? having(ids) : ids.map((labelId) => having([labelId])).join(" and ");
}
