import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { projectBirth } from "../consequences.ts";
import { daysLater } from "../days.ts";
import { addProjectMember } from "./add-project-member.ts";
import { createField } from "./create-field.ts";
import { createLabel } from "./create-label.ts";
import { createMilestone } from "./create-milestone.ts";
import type { createProjectInput } from "./create-project.ts";
import { createSprint } from "./create-sprint.ts";
import { createTransition } from "./create-transition.ts";
import { projectRoleSql } from "./project.access.ts";
import type { ProjectView, StatusView } from "./project.view.ts";
import type { TemplateContent } from "./template.view.ts";
import { updateProject } from "./update-project.ts";

/** Ids by name, without regard to case, as names are unique. */
const byName = (rows: readonly { id: string; name: string }[]) => {
  const ids = new Map(rows.map(({ id, name }) => [name.toLowerCase(), id]));
  return (name: string | null) => (name === null ? null : (ids.get(name.toLowerCase()) ?? null));
};

/** One after the other: they are parts of one transaction. */
async function each<Row, Made>(rows: readonly Row[], make: (row: Row) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (const row of rows) made.push(await make(row));
  return made;
}

/**
 * Gives a new project what its template has: labels, fields, people, sprints, milestones, tasks; then its rules, which
 * so do not hinder the rest. In the transaction that begins the project.
 *
 * @param how.startsOn the day from which the template's days are counted
 * @throws AppError `validation.failed` (a placeholder that the template does not have, somebody who cannot read the project)
 */
export async function applyTemplate(
  ctx: Ctx,
  { id: projectId, organizationId }: ProjectView,
  statuses: readonly StatusView[],
  content: TemplateContent,
  { startsOn, assign }: { startsOn: string } & Pick<z.output<typeof createProjectInput>, "assign">,
): Promise<ProjectView> {
  const on = (days: number) => daysLater(startsOn, days);
  const labels = await each(content.labels, (label) => createLabel(ctx, { projectId, ...label }));
  const fields = await each(content.fields, (field) => createField(ctx, { projectId, ...field }));
  const [statusOf, fieldOf] = [byName(statuses), byName(fields)];
  for (const { from, to, requiredFields, ...rules } of content.transitions) {
    const toStatusId = statusOf(to);
    const requiredFieldIds = requiredFields.flatMap((name) => fieldOf(name) ?? []);
    if (!toStatusId) continue;
    await createTransition(ctx, { projectId, fromStatusId: statusOf(from), toStatusId, ...rules, requiredFieldIds });
  }
  await addPeople(ctx, organizationId, projectId, content.people);
  const sprints = await each(content.sprints, ({ name, goal, startsInDays, endsInDays }) =>
    createSprint(ctx, { projectId, name, goal, startsOn: on(startsInDays), endsOn: on(endsInDays) }),
  );
  const milestones = await each(content.milestones, ({ name, description, dueInDays }) =>
    createMilestone(ctx, { projectId, name, description, dueOn: dueInDays === null ? null : on(dueInDays) }),
  );
  const birth = {
    ...{ projectId, startsOn, content, fields, statusOf, labelOf: byName(labels) },
    ...{ sprintOf: byName(sprints), milestoneOf: byName(milestones) },
    personOf: await personBehind(ctx, projectId, content.placeholders, assign),
  };
  await projectBirth.around(ctx, birth, async () => undefined);
  const { status, ...defaults } = content.settings.defaults;
  const settings = { ...content.settings, defaults: { ...defaults, statusId: statusOf(status) } };
  return updateProject(ctx, { projectId, settings });
}

const presentStatement = statement(
  "template.people",
  `select user_id as id from organizations.members where organization_id = $1 and user_id = any($2::uuid[])
  union all select id from organizations.teams where organization_id = $1 and id = any($3::uuid[])`,
);
const composedStatement = statement(
  "template.composed-roles",
  "select id, name from organizations.roles where organization_id = $1 and level = 'project'",
);

/** Those who are still there, besides who begins the project. */
async function addPeople(
  ctx: Ctx,
  organizationId: string,
  projectId: string,
  people: TemplateContent["people"],
): Promise<void> {
  const others = people.filter(({ userId }) => userId !== ctx.actor.userId);
  if (others.length === 0) return;
  const [rows, roles] = await Promise.all([
    ctx.sql.query<{ id: string }>(presentStatement, [
      organizationId,
      others.flatMap(({ userId }) => userId ?? []),
      others.flatMap(({ teamId }) => teamId ?? []),
    ]),
    ctx.sql.query<{ id: string; name: string }>(composedStatement, [organizationId]),
  ]);
  const present = new Set(rows.map(({ id }) => id));
  const roleOf = byName(roles);
  for (const { userId, teamId, role, composedRole } of others) {
    if (!present.has((userId ?? teamId) as string)) continue;
    const roleId = roleOf(composedRole);
    const given = roleId ? { roleId } : { role };
    await addProjectMember(ctx, { projectId, ...(userId ? { userId } : { teamId: teamId as string }), ...given });
  }
}

const readersStatement = statement(
  "template.readers",
  `select asked.id from projects.projects p, unnest($2::uuid[]) as asked (id) where p.id = $1 and ${projectRoleSql("p", "asked.id")} > 0`,
);

/** @throws AppError `validation.failed` */
async function personBehind(
  ctx: Ctx,
  projectId: string,
  placeholders: readonly string[],
  assign: z.output<typeof createProjectInput>["assign"],
): Promise<(placeholder: string) => string | null> {
  const known = new Set(placeholders.map((name) => name.toLowerCase()));
  const unknown = assign.find(({ placeholder }) => !known.has(placeholder.toLowerCase()));
  if (unknown) throw invalid("assign", `The template has no placeholder "${unknown.placeholder}".`);
  const userIds = assign.map(({ userId }) => userId);
  const readers = assign.length > 0 ? await ctx.sql.query<{ id: string }>(readersStatement, [projectId, userIds]) : [];
  if (!userIds.every((userId) => readers.some(({ id }) => id === userId)))
    throw invalid("assign", "Only people who can read the project can stand for a placeholder.");
  return byName(assign.map(({ placeholder, userId }) => ({ name: placeholder, id: userId })));
}
