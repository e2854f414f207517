import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { labelsOf } from "../projects/project.lists.ts";
import type { LabelView } from "../projects/project.view.ts";
import { fields, milestones, sprints } from "../projects/workflow.access.ts";
import type { FieldView, MilestoneView, SprintView } from "../projects/workflow.view.ts";
import type { Counterparts } from "./task.counterparts.ts";
import type { FieldValue } from "./task.fields.ts";
import { readersAmong } from "./task.planning.ts";
import type { TaskView } from "./task.view.ts";
import type { TaskLinkView } from "./task-link.view.ts";

export const droppedSchema = z
  .object({
    taskId: z.uuid(),
    kind: z.enum(["assignee", "label", "field", "sprint", "milestone", "parent", "link"]),
    id: z.uuid().describe("of what it was"),
    name: z.string().nullable(),
  })
  .meta({ id: "DroppedFromTask" });
type Dropped = z.output<typeof droppedSchema>;

/** What two projects have, as far as it bears on a task that goes from the one to the other. */
interface Surroundings {
  labels: readonly LabelView[];
  sprints: readonly SprintView[];
  fields: readonly FieldView[];
  milestones: readonly MilestoneView[];
  fieldsThere: readonly FieldView[];
  milestonesThere: readonly MilestoneView[];
  /** Of the people whom fields name, those who can read the other project. */
  readersThere: ReadonlySet<string>;
}

/** Both projects must be locked. */
export async function surroundingsOf(
  ctx: Ctx,
  fromProjectId: string,
  toProjectId: string,
  tasks: readonly TaskView[],
): Promise<Surroundings> {
  const [labels, spans, custom, goals, fieldsThere, milestonesThere] = await Promise.all([
    labelsOf(ctx, fromProjectId),
    sprints.all(ctx, fromProjectId),
    fields.all(ctx, fromProjectId),
    milestones.all(ctx, fromProjectId),
    fields.all(ctx, toProjectId),
    milestones.all(ctx, toProjectId),
  ]);
  const persons = custom.filter(({ kind }) => kind === "person");
  const named = tasks.flatMap((task) => persons.flatMap(({ id }) => task.fields[id] ?? [])) as string[];
  const readersThere = await readersAmong(ctx, toProjectId, [...new Set(named)]);
  return { labels, sprints: spans, fields: custom, milestones: goals, fieldsThere, milestonesThere, readersThere };
}

type Named = { id: string; name: string };
const nameIn = (rows: readonly Named[], id: string) => rows.find((row) => row.id === id)?.name ?? null;
const sameName = <Row extends Named>(rows: readonly Row[], name: string | null) =>
  rows.find((row) => row.name.toLowerCase() === name?.toLowerCase());

type Portable = Pick<TaskView, "assigneeIds" | "labelIds" | "sprintId" | "milestoneId" | "fields">;

/**
 * What a task has of its project, in the other one: labels, milestone and fields by name, fields also by kind; people who
 * can read it; no sprint, since those are of a team's own time.
 */
export function relocated(
  task: TaskView,
  around: Surroundings,
  counterparts: Pick<Counterparts, "labels" | "people">,
): { there: Portable; dropped: Dropped[] } {
  const dropped: Dropped[] = [];
  const drop = (kind: Dropped["kind"], id: string, name: string | null) =>
    dropped.push({ taskId: task.id, kind, id, name });
  const assigneeIds = task.assigneeIds.filter((userId) => {
    const stays = counterparts.people.includes(userId);
    if (!stays) drop("assignee", userId, null);
    return stays;
  });
  const labelIds = task.labelIds.flatMap((labelId) => {
    const there = counterparts.labels?.[labelId];
    if (!there) drop("label", labelId, nameIn(around.labels, labelId));
    return there ?? [];
  });
  if (task.sprintId) drop("sprint", task.sprintId, nameIn(around.sprints, task.sprintId));
  const milestone = task.milestoneId && nameIn(around.milestones, task.milestoneId);
  const milestoneId = sameName(around.milestonesThere, milestone)?.id ?? null;
  if (task.milestoneId && !milestoneId) drop("milestone", task.milestoneId, milestone);
  const values: [string, FieldValue][] = [];
  for (const field of around.fields) {
    const value = task.fields[field.id];
    if (value === undefined) continue;
    const there = sameName(
      around.fieldsThere.filter(({ kind }) => kind === field.kind),
      field.name,
    );
    const kept = there && valueIn(field, there, value, around.readersThere);
    if (there && kept !== undefined) values.push([there.id, kept]);
    if (kept === undefined || sizeOf(kept) < sizeOf(value)) drop("field", field.id, field.name);
  }
  const there = {
    ...{ assigneeIds, labelIds: labelIds.sort(), sprintId: null, milestoneId },
    fields: Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { there, dropped };
}

const sizeOf = (value: FieldValue) => (Array.isArray(value) ? value.length : 1);

/** A field's value in one of the same kind; undefined where there is none. */
function valueIn(
  field: FieldView,
  there: FieldView,
  value: FieldValue,
  readers: ReadonlySet<string>,
): FieldValue | undefined {
  if (field.kind === "person") return readers.has(value as string) ? value : undefined;
  if (field.kind !== "choice" && field.kind !== "choices") return value;
  const ids = [value].flat().flatMap((id) => sameName(there.choices, nameIn(field.choices, `${id}`))?.id ?? []);
  if (ids.length === 0) return undefined;
  return field.kind === "choice" ? ids[0] : ids.sort();
}

/** Links hold tasks of one project together: those to tasks that stay end. */
export function endingLinks(links: readonly TaskLinkView[], taskIds: ReadonlySet<string>) {
  const isWhole = (link: TaskLinkView) => taskIds.has(link.blockerId) && taskIds.has(link.blockedId);
  const ending = links.filter((link) => !isWhole(link));
  const dropped = ending.map(({ id, blockerId, blockedId }): Dropped => {
    const taskId = taskIds.has(blockerId) ? blockerId : blockedId;
    return { taskId, kind: "link", id, name: null };
  });
  return { ending, moving: links.filter(isWhole), dropped };
}
