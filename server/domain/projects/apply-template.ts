import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { projectBirth } from "../consequences.ts";
import { addProjectMember } from "./add-project-member.ts";
import { createField } from "./create-field.ts";
import { createLabel } from "./create-label.ts";
import { createTransition } from "./create-transition.ts";
import type { ProjectView, StatusView } from "./project.view.ts";
import type { TemplateContent } from "./template.view.ts";
import { updateProject } from "./update-project.ts";

/** Ids by name, without regard to case, as names are unique. */
const byName = (rows: readonly { id: string; name: string }[]) => {
  const ids = new Map(rows.map(({ id, name }) => [name.toLowerCase(), id]));
  return (name: string | null) => (name === null ? null : (ids.get(name.toLowerCase()) ?? null));
};

const presentStatement = statement(
  "template.people",
  `select user_id as id from organizations.members where organization_id = $1 and user_id = any($2::uuid[])
  union all select id from organizations.teams where organization_id = $1 and id = any($3::uuid[])`,
);

/**
 * Gives a new project what its template has: labels, fields, people, tasks; then its rules, which so do not hinder the
 * rest. In the transaction that begins the project.
 *
 * @param startsOn the day from which the tasks' days are counted
 */
export async function applyTemplate(
  ctx: Ctx,
  { id: projectId, organizationId }: ProjectView,
  statuses: readonly StatusView[],
  content: TemplateContent,
  startsOn: string,
): Promise<ProjectView> {
  const labels = [];
  for (const label of content.labels) labels.push(await createLabel(ctx, { projectId, ...label }));
  const fields = [];
  for (const field of content.fields) fields.push(await createField(ctx, { projectId, ...field }));
  const [statusOf, labelOf, fieldOf] = [byName(statuses), byName(labels), byName(fields)];
  for (const { from, to, requiredFields, ...rules } of content.transitions) {
    const toStatusId = statusOf(to);
    const requiredFieldIds = requiredFields.flatMap((name) => fieldOf(name) ?? []);
    if (!toStatusId) continue;
    await createTransition(ctx, { projectId, fromStatusId: statusOf(from), toStatusId, ...rules, requiredFieldIds });
  }
  await addPeople(ctx, organizationId, projectId, content.people);
  await projectBirth.around(
    ctx,
    { projectId, startsOn, tasks: content.tasks, fields, statusOf, labelOf },
    async () => undefined,
  );
  const { status, ...defaults } = content.settings.defaults;
  const settings = { ...content.settings, defaults: { ...defaults, statusId: statusOf(status) } };
  return updateProject(ctx, { projectId, settings });
}

/** Those who are still there, besides who begins the project. */
async function addPeople(
  ctx: Ctx,
  organizationId: string,
  projectId: string,
  people: TemplateContent["people"],
): Promise<void> {
  const others = people.filter(({ userId }) => userId !== ctx.actor.userId);
  if (others.length === 0) return;
  const rows = await ctx.sql.query<{ id: string }>(presentStatement, [
    organizationId,
    others.flatMap(({ userId }) => userId ?? []),
    others.flatMap(({ teamId }) => teamId ?? []),
  ]);
  const present = new Set(rows.map(({ id }) => id));
  for (const { userId, teamId, role } of others) {
    if (!present.has((userId ?? teamId) as string)) continue;
    await addProjectMember(ctx, { projectId, ...(userId ? { userId } : { teamId: teamId as string }), role });
  }
}
