import { SavedView } from "../../../db/entities/tasks.ts";
import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { heldFollows, partFollows } from "../follow-move.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { save } from "../save.ts";
import {
  recurrenceCreated,
  recurrenceDeleted,
  reminderDeleted,
  reminderMoved,
  viewDeleted,
  viewUpdated,
} from "./planning.events.ts";
import { type RecurrenceView, recurrenceColumns } from "./recurrence.view.ts";
import { type ReminderView, reminderColumns } from "./reminder.view.ts";
import { fieldsIn } from "./saved-view.access.ts";
import { type SavedViewView, savedViewColumns } from "./saved-view.view.ts";
import { fieldOf } from "./task.field-filter.ts";

/** Deletes reminders and private views, which people hold in their own channels, by a condition on each row. */
function dropHeld(name: string, where: (row: string) => string) {
  const reminders = statement(
    `${name}.reminders`,
    `delete from tasks.reminders rm where ${where("rm")} returning ${reminderColumns}`,
  );
  return async (ctx: PublicCtx, values: readonly unknown[]): Promise<void> => {
    for (const reminder of await ctx.sql.query<ReminderView>(reminders, values))
      record(ctx, reminderDeleted, reminder, null);
  };
}
function dropPrivate(name: string, where: string) {
  const views = statement(
    `${name}.views`,
    `delete from tasks.views sv where not sv.is_shared and ${where} returning ${savedViewColumns}`,
  );
  return async (ctx: PublicCtx, values: readonly unknown[]): Promise<void> => {
    for (const view of await ctx.sql.query<SavedViewView>(views, values)) record(ctx, viewDeleted, view, null);
  };
}

const dropRemindersOfLeaver = dropHeld(
  "reminder.of-leaver",
  (row) => `${row}.organization_id = $1 and ${row}.user_id = $2`,
);
const dropViewsOfLeaver = dropPrivate("view.of-leaver", "sv.organization_id = $1 and sv.owner_id = $2");
const sharedStatement = statement(
  "view.shared-of-leaver",
  `select ${savedViewColumns} from tasks.views sv where sv.organization_id = $1 and sv.owner_id = $2 order by sv.id for update`,
);

/** Who leaves an organization is reminded of nothing there; what they shared stays, without an owner. */
export async function leavePlanning(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  await dropRemindersOfLeaver(ctx, [organizationId, userId]);
  await dropViewsOfLeaver(ctx, [organizationId, userId]);
  for (const view of await ctx.sql.query<SavedViewView>(sharedStatement, [organizationId, userId]))
    record(ctx, viewUpdated, view, await save(ctx, SavedView, view, { ownerId: null }));
  return undefined;
}

const hidden = (row: string, person: string) => `${row}.organization_id = $1
  and ($2::uuid[] is null or ${row}.${person} = any($2)) and ($3::uuid is null or ${row}.project_id = $3)
  and coalesce((select ${projectRoleSql("p", `${row}.${person}`)} from projects.projects p where p.id = ${row}.project_id), 0) = 0`;
const dropHiddenReminders = dropHeld("reminder.hidden", (row) => hidden(row, "user_id"));
const dropHiddenViews = dropPrivate("view.hidden", hidden("sv", "owner_id"));

/** Who cannot read a project any more keeps no reminders and views of it, once their access has changed. */
export async function dropHiddenPlanning(
  ctx: PublicCtx,
  scope: { organizationId: string; userIds?: readonly string[]; projectId?: string },
) {
  return async () => {
    const values = [scope.organizationId, scope.userIds ?? null, scope.projectId ?? null];
    await dropHiddenReminders(ctx, values);
    await dropHiddenViews(ctx, values);
  };
}

const dropRemindersOfProject = dropHeld("reminder.of-project", (row) => `${row}.project_id = $1`);
const dropViewsOfProject = dropPrivate("view.of-project", "sv.project_id = $1");

/** What people hold of a project goes with it; what is in its own channel need not be told. */
export async function dropProjectPlanning(ctx: Ctx, { projectId }: { projectId: string }) {
  await dropRemindersOfProject(ctx, [projectId]);
  await dropViewsOfProject(ctx, [projectId]);
  return undefined;
}

const dropRemindersOfTasks = dropHeld("reminder.of-tasks", (row) => `${row}.task_id = any($1::uuid[])`);
const recurrencesStatement = statement(
  "recurrence.delete-of-tasks",
  `delete from tasks.recurrences rc where rc.task_id = any($1::uuid[]) returning ${recurrenceColumns}`,
);

/** A task that goes for ever comes again no more, and nobody is reminded of it. */
export async function dropTaskPlanning(ctx: Ctx, { taskIds }: { taskIds: readonly string[] }) {
  await dropRemindersOfTasks(ctx, [taskIds]);
  for (const recurrence of await ctx.sql.query<RecurrenceView>(recurrencesStatement, [taskIds]))
    record(ctx, recurrenceDeleted, recurrence, null);
  return undefined;
}

/** What comes again, and what people are reminded of, goes along when a task goes to another project. */
export const moveRecurrences = partFollows<RecurrenceView>(
  { name: "recurrence", table: "tasks.recurrences", alias: "rc", columns: recurrenceColumns },
  { left: recurrenceDeleted, entered: recurrenceCreated },
);
export const moveReminders = heldFollows<ReminderView>(
  { name: "reminder", table: "tasks.reminders", alias: "rm", columns: reminderColumns },
  { moved: reminderMoved, ended: reminderDeleted },
);

const viewsStatement = statement(
  "view.of-field",
  `select ${savedViewColumns} from tasks.views sv
  where sv.project_id = (select fd.project_id from projects.fields fd where fd.id = $1) order by sv.id for update`,
);

/** Saved views speak no more of a field that goes. */
export async function forgetField(ctx: Ctx, fact: { fieldId: string; choiceIds: readonly string[] | "all" }) {
  if (fact.choiceIds !== "all") return undefined;
  const { fieldId } = fact;
  const name = `fields.${fieldId}` as const;
  for (const view of await ctx.sql.query<SavedViewView>(viewsStatement, [fieldId])) {
    if (!fieldsIn(view).includes(fieldId)) continue;
    const { fieldFilters = [], ...filter } = view.filter;
    const kept = fieldFilters.filter((condition) => fieldOf(condition) !== fieldId);
    const updated = await save(ctx, SavedView, view, {
      filter: kept.length > 0 ? { ...filter, fieldFilters: kept } : filter,
      columns: view.columns.filter((column) => column !== name),
      ...(view.sortFieldId === fieldId ? { sortFieldId: null } : {}),
      ...(view.groupBy === name ? { groupBy: null } : {}),
    });
    record(ctx, viewUpdated, view, updated);
  }
  return undefined;
}
