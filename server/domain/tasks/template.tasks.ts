import type { Ctx } from "../../context.ts";
import type { ProjectBirth } from "../consequences.ts";
import { daysLater } from "../days.ts";
import type { TemplateRecurrence, TemplateTask } from "../projects/template.view.ts";
import { createRecurrence } from "./create-recurrence.ts";
import { createTask } from "./create-task.ts";
import { linkTasks } from "./link-tasks.ts";
import { nextOccurrence } from "./recurrence.rule.ts";
import type { FieldValue } from "./task.fields.ts";
import { updateRecurrence } from "./update-recurrence.ts";

/** A project that begins from a template has its tasks, too; parents come first. */
export async function createTemplateTasks(ctx: Ctx, birth: ProjectBirth) {
  const { projectId, startsOn, content, statusOf, labelOf } = birth;
  const on = (days: number | null) => (days === null ? null : daysLater(startsOn, days));
  const made: string[] = [];
  for (const { title, description, priority, estimateMinutes, ...rest } of content.tasks) {
    const statusId = statusOf(rest.status);
    const task = await createTask(ctx, {
      ...{ projectId, title, description, priority, estimateMinutes, overLimit: true },
      ...(statusId ? { statusId } : {}),
      labelIds: rest.labels.flatMap((name) => labelOf(name) ?? []),
      assigneeIds: rest.assignees.flatMap((placeholder) => birth.personOf(placeholder) ?? []),
      ...{ sprintId: birth.sprintOf(rest.sprint), milestoneId: birth.milestoneOf(rest.milestone) },
      ...{ startOn: on(rest.startInDays), dueOn: on(rest.dueInDays), fields: valuesOf(rest, birth) },
      parentId: rest.parent === null ? null : (made[rest.parent] ?? null),
    });
    made.push(task.id);
  }
  for (const { blocker, blocked } of content.links)
    await linkTasks(ctx, { taskId: made[blocker] as string, kind: "blocks", otherTaskId: made[blocked] as string });
  for (const recurrence of content.recurrences) await recur(ctx, birth, made[recurrence.task] as string, recurrence);
  return undefined;
}

/** A task's values by its fields' ids; those of people whom nobody stands for are left out. */
function valuesOf({ fields: values }: Pick<TemplateTask, "fields">, { fields, startsOn, personOf }: ProjectBirth) {
  const found = Object.entries(values).flatMap(([name, value]): [string, FieldValue][] => {
    const field = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!field) return [];
    const choiceOf = (choice: unknown) => field.choices.find((one) => one.name === choice)?.id ?? "";
    if (field.kind === "choice") return [[field.id, choiceOf(value)]];
    if (field.kind === "choices") return [[field.id, [value].flat().map(choiceOf)]];
    if (field.kind === "date") return [[field.id, daysLater(startsOn, value as number)]];
    const person = field.kind === "person" ? personOf(value as string) : null;
    return field.kind !== "person" ? [[field.id, value]] : person ? [[field.id, person]] : [];
  });
  return Object.fromEntries(found);
}

/** What would never occur any more, counted from the new project's beginning, is left out. */
async function recur(ctx: Ctx, { startsOn }: ProjectBirth, taskId: string, recurrence: TemplateRecurrence) {
  const { until, startsInDays, time, timeZone, dueInDays, withSubtasks, paused } = recurrence;
  const end = until && `;UNTIL=${daysLater(startsOn, until.inDays).replaceAll("-", "")}${until.time}`;
  const rhythm = {
    ...{ rule: `${recurrence.rule}${end ?? ""}`, timeZone },
    startsAt: `${daysLater(startsOn, startsInDays)}T${time}`,
  };
  if (!nextOccurrence(rhythm, ctx.now)) return;
  const { id: recurrenceId } = await createRecurrence(ctx, { taskId, ...rhythm, dueInDays, withSubtasks });
  if (paused) await updateRecurrence(ctx, { recurrenceId, paused });
}
