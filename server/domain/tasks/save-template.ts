import { z } from "zod";
import { Template } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { accessWholeProject } from "../projects/project.access.ts";
import { labelsOf, statusesOf } from "../projects/project.lists.ts";
import { templateWords } from "../projects/template.access.ts";
import type { TemplateContent, TemplateView } from "../projects/template.view.ts";
import { fields, milestones, sprints, transitions } from "../projects/workflow.access.ts";
import { templateCreated } from "../projects/workflow.events.ts";
import type { FieldView } from "../projects/workflow.view.ts";
import { insert } from "../save.ts";
import { recurrences } from "./recurrence.view.ts";
import { type TaskView, taskColumns } from "./task.view.ts";
import { type TaskLinkView, taskLinkColumns } from "./task-link.view.ts";
import { contentOf } from "./template.content.ts";

export const createTemplateInput = z.object({
  projectId: id.describe("the project to take it from"),
  name: templateWords.name,
  description: templateWords.description.default(""),
  withTasks: z
    .boolean()
    .default(true)
    .describe("tasks outside archive and trash, at most 200, with their links and recurrences"),
  withPlan: z.boolean().default(true).describe("sprints and milestones, as if none had begun"),
  withPeople: z.boolean().default(false).describe("people and teams with their roles"),
  placeholders: z
    .array(z.strictObject({ userId: id, name: name(100) }))
    .max(200)
    .default([])
    .describe("what to call people whom tasks name, such as `Designer`; default: their names"),
});

/** Of tasks, and of what else a plan has many of. */
const most = 200;
const organizationStatement = statement(
  "template.organization-of-project",
  `select organization_id as "organizationId" from projects.projects where id = $1`,
);
const peopleStatement = statement(
  "template.people-of-project",
  `select pm.user_id as "userId", pm.team_id as "teamId", pm.role,
    (select r.name from organizations.roles r where r.id = pm.role_id) as "composedRole"
  from projects.project_members pm where pm.project_id = $1 order by pm.id`,
);
const tasksStatement = statement(
  "template.tasks",
  `select ${taskColumns} from tasks.tasks t where t.project_id = $1 and t.deleted_at is null and t.archived_at is null
  order by t.number limit ${most + 1}`,
);
const linksStatement = statement(
  "template.links",
  `select ${taskLinkColumns} from tasks.task_links k where k.project_id = $1`,
);
const namesStatement = statement(
  "template.names",
  "select id, name from auth.users where id = any($1::uuid[]) order by id",
);

/**
 * Makes a template of a project as it is: settings, statuses, transitions, fields, labels; plan, tasks and people if
 * wanted, with days counted from the earliest one. Whom tasks name becomes a placeholder.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (more than 200 tasks, sprints or milestones)
 *   | `conflict` (the organization has a template of this name)
 */
export const createTemplate = (ctx: Ctx, input: z.output<typeof createTemplateInput>): Promise<TemplateView> =>
  inTransaction(ctx, async (ctx) => {
    const { projectId, name, description, withPlan, withTasks } = input;
    const [place] = await ctx.sql.query<{ organizationId: string }>(organizationStatement, [projectId]);
    if (place) await accessOrganization(ctx, place.organizationId, "template.manage");
    const { project } = await accessWholeProject(ctx, projectId, "project.read");
    const [statuses, ways, custom, labels, people, spans, goals, tasks, links, rhythms] = await Promise.all([
      statusesOf(ctx, projectId),
      transitions.all(ctx, projectId),
      fields.all(ctx, projectId),
      labelsOf(ctx, projectId),
      input.withPeople ? ctx.sql.query<TemplateContent["people"][number]>(peopleStatement, [projectId]) : [],
      withPlan ? sprints.all(ctx, projectId) : [],
      withPlan ? milestones.all(ctx, projectId) : [],
      withTasks ? ctx.sql.query<TaskView>(tasksStatement, [projectId]) : [],
      withTasks ? ctx.sql.query<TaskLinkView>(linksStatement, [projectId]) : [],
      withTasks ? recurrences.all(ctx, projectId) : [],
    ]);
    if ([tasks, spans, goals].some(({ length }) => length > most))
      throw ruleBroken("template.size", `A template has at most ${most} tasks, sprints and milestones each.`);
    const content = contentOf({
      ...{ project, statuses, transitions: ways, fields: custom, labels, people },
      ...{ sprints: spans, milestones: goals, tasks, links, recurrences: rhythms },
      placeholders: await placeholdersOf(ctx, peopleIn(tasks, custom), input.placeholders),
    });
    const row = { organizationId: project.organizationId, name, description, content };
    return record(ctx, templateCreated, null, await insert<Template, TemplateView>(ctx, Template, row));
  });

/** Whom tasks name: who is assigned, and the values of fields for people. */
function peopleIn(tasks: readonly TaskView[], custom: readonly FieldView[]): Set<string> {
  const persons = custom.filter(({ kind }) => kind === "person");
  const named = ({ assigneeIds, fields }: TaskView) => [
    ...assigneeIds,
    ...persons.flatMap(({ id }) => fields[id] ?? []),
  ];
  return new Set(tasks.flatMap(named) as string[]);
}

/** What each of them is called: as wished, else by name, and several of one name by a number behind it. */
async function placeholdersOf(
  ctx: Ctx,
  userIds: ReadonlySet<string>,
  wished: z.output<typeof createTemplateInput>["placeholders"],
): Promise<Map<string, string>> {
  const found = new Map(wished.map(({ userId, name }) => [userId, name]));
  const others = [...userIds].filter((userId) => !found.has(userId));
  if (others.length === 0) return found;
  const taken = new Set([...found.values()].map((name) => name.toLowerCase()));
  for (const { id, name } of await ctx.sql.query<{ id: string; name: string }>(namesStatement, [others])) {
    let free = name;
    for (let at = 2; taken.has(free.toLowerCase()); at += 1) free = `${name} ${at}`;
    taken.add(free.toLowerCase());
    found.set(id, free);
  }
  return found;
}
