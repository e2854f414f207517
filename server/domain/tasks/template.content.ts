import { daysBetween } from "../days.ts";
import type { LabelView, ProjectView, StatusView } from "../projects/project.view.ts";
import type { TemplateContent, TemplateRecurrence, TemplateTask } from "../projects/template.view.ts";
import type { FieldView, MilestoneView, SprintView, TransitionView } from "../projects/workflow.view.ts";
import type { RecurrenceView } from "./recurrence.view.ts";
import type { FieldValue } from "./task.fields.ts";
import type { TaskView } from "./task.view.ts";
import type { TaskLinkView } from "./task-link.view.ts";

/** A project as it is, as far as a template of it shall hold it. */
export interface TemplateSource {
  project: ProjectView;
  statuses: readonly StatusView[];
  transitions: readonly TransitionView[];
  fields: readonly FieldView[];
  labels: readonly LabelView[];
  people: TemplateContent["people"];
  sprints: readonly SprintView[];
  milestones: readonly MilestoneView[];
  /** By number. */
  tasks: readonly TaskView[];
  links: readonly TaskLinkView[];
  recurrences: readonly RecurrenceView[];
  /** What people are called: those whom tasks name. */
  placeholders: ReadonlyMap<string, string>;
}

/** What a template holds of a project: ids become names, days are counted from the first one. */
export function contentOf(source: TemplateSource): TemplateContent {
  const { project, statuses, fields, labels, sprints, milestones, placeholders } = source;
  const first = firstDay(source);
  const inDays = (day: string) => daysBetween(first, day);
  const maybeInDays = (day: string | null) => (day === null ? null : inDays(day));
  const tasks = parentsFirst(source.tasks);
  const places = new Map(tasks.map((task, at) => [task.id, at]));
  const placeOf = (taskId: string) => places.get(taskId) as number;
  const isThere = (taskId: string) => places.has(taskId);
  const named = new Set<string>();
  const placeholderOf = (userId: string) => {
    const name = placeholders.get(userId);
    if (name !== undefined) named.add(name);
    return name ?? [];
  };
  const { statusId, ...defaults } = project.settings.defaults;
  const templateTasks = tasks.map((task): TemplateTask => {
    const { title, description, priority, estimateMinutes, parentId } = task;
    return {
      ...{ title, description, priority, estimateMinutes },
      ...{ status: nameIn(statuses, task.statusId) as string, labels: namesIn(labels, task.labelIds) },
      ...{ startInDays: maybeInDays(task.startOn), dueInDays: maybeInDays(task.dueOn) },
      ...{ sprint: nameIn(sprints, task.sprintId), milestone: nameIn(milestones, task.milestoneId) },
      assignees: [...new Set(task.assigneeIds.flatMap(placeholderOf))],
      fields: namedValues(task.fields, fields, inDays, placeholderOf),
      parent: parentId !== null && isThere(parentId) ? placeOf(parentId) : null,
    };
  });
  return {
    settings: { ...project.settings, defaults: { ...defaults, status: nameIn(statuses, statusId) } },
    statuses: statuses.map(({ name, category, wipLimit }) => ({ name, category, wipLimit })),
    transitions: inOrder(source.transitions, statuses).map((way) => ({
      ...{ from: nameIn(statuses, way.fromStatusId), to: nameIn(statuses, way.toStatusId) as string },
      ...{ allowed: way.allowed, required: way.required, requiredFields: namesIn(fields, way.requiredFieldIds) },
    })),
    fields: fields.map(({ name, description, kind, choices }) => ({
      ...{ name, description, kind },
      choices: choices.map(({ name, color }) => ({ name, color })),
    })),
    labels: labels.map(({ name, color }) => ({ name, color })),
    people: source.people,
    placeholders: [...named],
    sprints: sprints.map(({ name, goal, startsOn, endsOn }) => ({
      ...{ name, goal, startsInDays: inDays(startsOn), endsInDays: inDays(endsOn) },
    })),
    milestones: milestones.map(({ name, description, dueOn }) => ({
      ...{ name, description, dueInDays: maybeInDays(dueOn) },
    })),
    tasks: templateTasks,
    links: source.links
      .filter((link) => isThere(link.blockerId) && isThere(link.blockedId))
      .map((link) => ({ blocker: placeOf(link.blockerId), blocked: placeOf(link.blockedId) }))
      .sort((one, other) => one.blocker - other.blocker || one.blocked - other.blocked),
    recurrences: source.recurrences
      .filter(({ taskId, state }) => isThere(taskId) && state !== "ended")
      .map((recurrence) => templateRecurrence(recurrence, placeOf(recurrence.taskId), inDays))
      .sort((one, other) => one.task - other.task),
  };
}

type Named = { id: string; name: string };
const nameIn = (rows: readonly Named[], id: string | null) => rows.find((row) => row.id === id)?.name ?? null;
const namesIn = (rows: readonly Named[], ids: readonly string[]) => ids.flatMap((id) => nameIn(rows, id) ?? []);

/** Transitions by the order of the statuses that they lead to, and then from; those from anywhere first. */
const inOrder = (ways: readonly TransitionView[], statuses: readonly StatusView[]) => {
  const at = (statusId: string | null) => statuses.findIndex(({ id }) => id === statusId);
  return ways.toSorted(
    (one, other) => at(one.toStatusId) - at(other.toStatusId) || at(one.fromStatusId) - at(other.fromStatusId),
  );
};

/** The first day of the plan. Values of fields may lie anywhere, such as a birthday; they count where nothing else does. */
function firstDay({ tasks, sprints, milestones, fields, recurrences }: TemplateSource): string {
  const dates = fields.filter(({ kind }) => kind === "date");
  const planned = [
    ...tasks.flatMap(({ startOn, dueOn }) => [startOn, dueOn]),
    ...sprints.map(({ startsOn }) => startsOn),
    ...milestones.map(({ dueOn }) => dueOn),
  ];
  const others = [
    ...tasks.flatMap((task) => dates.map(({ id }) => (task.fields[id] as string | undefined) ?? null)),
    ...recurrences.map(({ startsAt }) => dayOf(startsAt)),
  ];
  const earliest = (days: readonly (string | null)[]) => days.filter((day) => day !== null).sort()[0];
  return earliest(planned) ?? earliest(others) ?? "2000-01-01"; // else there is no day at all
}

const dayOf = (localTime: string) => localTime.slice(0, 10);

function parentsFirst(tasks: readonly TaskView[]): TaskView[] {
  const children = Map.groupBy(tasks, (task) => task.parentId);
  const known = new Set(tasks.map((task) => task.id));
  const ordered = tasks.filter(({ parentId }) => parentId === null || !known.has(parentId));
  for (const task of ordered) ordered.push(...(children.get(task.id) ?? []));
  return ordered;
}

/** Values by their field's name: choices by theirs, people by placeholder, dates by days. */
function namedValues(
  values: TaskView["fields"],
  fields: readonly FieldView[],
  inDays: (day: string) => number,
  placeholderOf: (userId: string) => string | never[],
): TemplateTask["fields"] {
  const found: Record<string, FieldValue> = {};
  for (const { id: fieldId, name, kind, choices } of fields) {
    const value = values[fieldId];
    if (value === undefined) continue;
    const names = choices.filter((choice) => [value].flat().includes(choice.id)).map((choice) => choice.name);
    const [person] = kind === "person" ? [placeholderOf(value as string)].flat() : [];
    if (kind === "choice") found[name] = names[0] ?? "";
    else if (kind === "choices") found[name] = names;
    else if (kind === "date") found[name] = inDays(value as string);
    else if (kind !== "person") found[name] = value;
    else if (person !== undefined) found[name] = person;
  }
  return found;
}

function templateRecurrence(
  recurrence: RecurrenceView,
  task: number,
  inDays: (day: string) => number,
): TemplateRecurrence {
  const { rule, startsAt, timeZone, dueInDays, withSubtasks, state } = recurrence;
  const [, year, month, day, time = ""] = /UNTIL=(\d{4})(\d\d)(\d\d)([^;]*)/.exec(rule) ?? [];
  return {
    ...{ task, timeZone, dueInDays, withSubtasks, paused: state === "paused" },
    rule: rule
      .split(";")
      .filter((part) => !part.startsWith("UNTIL="))
      .join(";"),
    until: year ? { inDays: inDays(`${year}-${month}-${day}`), time } : null,
    ...{ startsInDays: inDays(dayOf(startsAt)), time: startsAt.slice(11) },
  };
}
