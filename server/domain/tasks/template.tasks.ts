import type { Ctx } from "../../context.ts";
import type { ProjectBirth } from "../consequences.ts";
import { createTask } from "./create-task.ts";
import { daysLater } from "./recurrence.rule.ts";
import type { FieldValue } from "./task.fields.ts";

/** A project that begins from a template has its tasks, too; parents come first. */
export async function createTemplateTasks(ctx: Ctx, birth: ProjectBirth) {
  const { projectId, startsOn, tasks, fields, statusOf, labelOf } = birth;
  const on = (days: number | null) => (days === null ? null : daysLater(startsOn, days));
  const made: string[] = [];
  for (const { title, description, priority, estimateMinutes, ...rest } of tasks) {
    const statusId = statusOf(rest.status);
    const values = Object.entries(rest.fields).flatMap(([name, value]): [string, FieldValue][] => {
      const field = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (!field) return [];
      const choiceOf = (choice: string) => field.choices.find((one) => one.name === choice)?.id ?? "";
      if (field.kind === "choice") return [[field.id, choiceOf(value as string)]];
      return [[field.id, field.kind === "choices" ? (value as string[]).map(choiceOf) : value]];
    });
    const task = await createTask(ctx, {
      ...{ projectId, title, description, priority, estimateMinutes, assigneeIds: [], overLimit: true },
      ...(statusId ? { statusId } : {}),
      ...{ labelIds: rest.labels.flatMap((name) => labelOf(name) ?? []), sprintId: null, milestoneId: null },
      ...{ startOn: on(rest.startInDays), dueOn: on(rest.dueInDays), fields: Object.fromEntries(values) },
      parentId: rest.parent === null ? null : (made[rest.parent] ?? null),
    });
    made.push(task.id);
  }
  return undefined;
}
