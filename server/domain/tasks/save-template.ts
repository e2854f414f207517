import { z } from "zod";
import { Template } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { accessWholeProject } from "../projects/project.access.ts";
import { statusesOf } from "../projects/project.lists.ts";
import { type LabelView, labelColumns } from "../projects/project.view.ts";
import { templateWords } from "../projects/template.access.ts";
import type { TemplateContent, TemplateTask, TemplateView } from "../projects/template.view.ts";
import { fields, transitions } from "../projects/workflow.access.ts";
import { templateCreated } from "../projects/workflow.events.ts";
import type { FieldView } from "../projects/workflow.view.ts";
import { insert } from "../save.ts";
import { daysBetween } from "./recurrence.rule.ts";
import type { FieldValue } from "./task.fields.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

export const createTemplateInput = z.object({
  projectId: id.describe("the project to take it from"),
  name: templateWords.name,
  description: templateWords.description.default(""),
  withTasks: z.boolean().default(true).describe("tasks outside archive and trash, at most 200"),
  withPeople: z.boolean().default(false).describe("people and teams with their built-in roles"),
});

const mostTasks = 200;
const organizationStatement = statement(
  "template.organization-of-project",
  `select organization_id as "organizationId" from projects.projects where id = $1`,
);
const labelsStatement = statement(
  "template.labels",
  `select ${labelColumns} from projects.labels l where l.project_id = $1 order by lower(l.name)`,
);
const peopleStatement = statement(
  "template.people-of-project",
  `select user_id as "userId", team_id as "teamId", role from projects.project_members
  where project_id = $1 and role_id is null order by id`,
);
const tasksStatement = statement(
  "template.tasks",
  `select ${taskColumns} from tasks.tasks t where t.project_id = $1 and t.deleted_at is null and t.archived_at is null
  order by t.number limit ${mostTasks + 1}`,
);

/**
 * Makes a template of a project as it is: settings, statuses, transitions, fields, labels; people and tasks if wanted,
 * with days counted from the earliest one.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (more than 200 tasks)
 *   | `conflict` (the organization has a template of this name)
 */
export const createTemplate = (ctx: Ctx, input: z.output<typeof createTemplateInput>): Promise<TemplateView> =>
  inTransaction(ctx, async (ctx) => {
    const { projectId, name, description } = input;
    const [place] = await ctx.sql.query<{ organizationId: string }>(organizationStatement, [projectId]);
    if (place) await accessOrganization(ctx, place.organizationId, "template.manage");
    const { project } = await accessWholeProject(ctx, projectId, "project.read");
    const [statuses, ways, custom, labels, people, tasks] = await Promise.all([
      statusesOf(ctx, projectId),
      transitions.all(ctx, projectId),
      fields.all(ctx, projectId),
      ctx.sql.query<LabelView>(labelsStatement, [projectId]),
      input.withPeople ? ctx.sql.query<TemplateContent["people"][number]>(peopleStatement, [projectId]) : [],
      input.withTasks ? ctx.sql.query<TaskView>(tasksStatement, [projectId]) : [],
    ]);
    if (tasks.length > mostTasks) throw ruleBroken("template.size", `A template has at most ${mostTasks} tasks.`);
    const nameOf = (rows: readonly { id: string; name: string }[], rowId: string | null) =>
      rows.find((row) => row.id === rowId)?.name ?? null;
    const { statusId, ...defaults } = project.settings.defaults;
    const content: TemplateContent = {
      settings: { ...project.settings, defaults: { ...defaults, status: nameOf(statuses, statusId) } },
      statuses: statuses.map(({ name, category, wipLimit }) => ({ name, category, wipLimit })),
      transitions: ways.map((way) => ({
        ...{ from: nameOf(statuses, way.fromStatusId), to: nameOf(statuses, way.toStatusId) as string },
        ...{ allowed: way.allowed, required: way.required },
        requiredFields: way.requiredFieldIds.flatMap((fieldId) => nameOf(custom, fieldId) ?? []),
      })),
      fields: custom.map(({ name, description, kind, choices }) => ({
        ...{ name, description, kind },
        choices: choices.map(({ name, color }) => ({ name, color })),
      })),
      labels: labels.map(({ name, color }) => ({ name, color })),
      people,
      tasks: templateTasks(tasks, (task) => ({
        status: nameOf(statuses, task.statusId) as string,
        labels: task.labelIds.flatMap((labelId) => nameOf(labels, labelId) ?? []),
        fields: namedValues(task.fields, custom),
      })),
    };
    const { organizationId } = project;
    const row = { organizationId, name, description, content };
    return record(ctx, templateCreated, null, await insert<Template, TemplateView>(ctx, Template, row));
  });

type Named = Pick<TemplateTask, "status" | "labels" | "fields">;

/** Parents before their children. */
function templateTasks(tasks: readonly TaskView[], named: (task: TaskView) => Named): TemplateTask[] {
  const days = tasks.flatMap(({ startOn, dueOn }) => [startOn, dueOn].filter((day) => day !== null)).sort();
  const inDays = (day: string | null) => (day === null ? null : daysBetween(days[0] as string, day));
  const children = Map.groupBy(tasks, (task) => task.parentId);
  const known = new Set(tasks.map((task) => task.id));
  const ordered = tasks.filter(({ parentId }) => parentId === null || !known.has(parentId));
  for (const task of ordered) ordered.push(...(children.get(task.id) ?? []));
  const places = new Map(ordered.map((task, at) => [task.id, at]));
  return ordered.map((task) => ({
    ...{ title: task.title, description: task.description, priority: task.priority, ...named(task) },
    ...{ estimateMinutes: task.estimateMinutes, startInDays: inDays(task.startOn), dueInDays: inDays(task.dueOn) },
    parent: task.parentId === null ? null : (places.get(task.parentId) ?? null),
  }));
}

/** Values by their field's name, choices by theirs. People and days are of one project's own, and stay there. */
function namedValues(values: TaskView["fields"], custom: readonly FieldView[]): TemplateTask["fields"] {
  const found: Record<string, FieldValue> = {};
  for (const { id: fieldId, name, kind, choices } of custom) {
    const value = values[fieldId];
    if (value === undefined || kind === "person" || kind === "date") continue;
    const names = () => choices.filter((choice) => [value].flat().includes(choice.id)).map((choice) => choice.name);
    found[name] = kind === "choice" ? (names()[0] ?? "") : kind === "choices" ? names() : value;
  }
  return found;
}
