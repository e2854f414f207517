import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { TaskView } from "./task.view.ts";

const fields = `status_id = $2, rank = $3, priority = $4, parent_id = $5, start_on = $6, due_on = $7, estimate_minutes = $8,
    completed_at = $9, archived_at = $10, deleted_at = $11, sprint_id = $12, milestone_id = $13, version = $14, updated_at = $15`;
const saveStatement = statement("task.save", `update tasks.tasks set ${fields} where id = $1`);
/** Apart, so that a move does not write a long description or many values again. */
const saveWithWordsStatement = statement(
  "task.save-with-words",
  `update tasks.tasks set ${fields}, title = $16, description = $17, fields = $18 where id = $1`,
);
const saveAllStatement = statement(
  "task.save-all",
  `update tasks.tasks t set status_id = w.status_id, rank = w.rank, priority = w.priority, parent_id = w.parent_id, start_on = w.start_on,
    due_on = w.due_on, estimate_minutes = w.estimate_minutes, completed_at = w.completed_at, archived_at = w.archived_at,
    deleted_at = w.deleted_at, sprint_id = w.sprint_id, milestone_id = w.milestone_id, version = w.version, updated_at = $15
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::date[], $7::date[], $8::int[], $9::timestamptz[],
    $10::timestamptz[], $11::timestamptz[], $12::uuid[], $13::uuid[], $14::int[])
    as w (id, status_id, rank, priority, parent_id, start_on, due_on, estimate_minutes, completed_at, archived_at, deleted_at,
      sprint_id, milestone_id, version)
  where t.id = w.id`,
);
const saveFieldsStatement = statement(
  "task.save-fields",
  `update tasks.tasks t set fields = w.fields::jsonb from unnest($1::uuid[], $2::text[]) as w (id, fields) where t.id = w.id`,
);

/** Each with its task: `$1` tasks, `$2` what they get or lose, in pairs. */
const pairs = "unnest($1::uuid[], $2::uuid[]) as pair (task_id, other_id)";
const addAssigneesStatement = statement(
  "task.add-assignees",
  `insert into tasks.task_assignees (organization_id, project_id, task_id, user_id) select $3, $4, pair.* from ${pairs}`,
);
const removeAssigneesStatement = statement(
  "task.remove-assignees",
  `delete from tasks.task_assignees a using ${pairs} where a.task_id = pair.task_id and a.user_id = pair.other_id`,
);
const addLabelsStatement = statement(
  "task.add-labels",
  `insert into tasks.task_labels (organization_id, project_id, task_id, label_id) select $3, $4, pair.* from ${pairs}`,
);
const removeLabelsStatement = statement(
  "task.remove-labels",
  `delete from tasks.task_labels l using ${pairs} where l.task_id = pair.task_id and l.label_id = pair.other_id`,
);

/** What a task is and what it shall be. */
export interface Edit {
  before: TaskView;
  wanted: TaskView;
}

/**
 * Writes what differs between two views of a task that is locked, as its next version. Nothing is written when nothing
 * differs.
 *
 * @returns the task after the write
 */
export function saveTask(ctx: Ctx, before: TaskView, wanted: TaskView): TaskView {
  const task = nextVersion(ctx, { before, wanted });
  if (task === before) return before;
  const values = [task.id, ...columnsOf(task), task.updatedAt];
  const slim = before.title === task.title && before.description === task.description && before.fields === task.fields;
  if (slim) write(ctx, saveStatement, values);
  else write(ctx, saveWithWordsStatement, [...values, task.title, task.description, JSON.stringify(task.fields)]);
  saveSets(ctx, [{ before, wanted: task }]);
  return task;
}

/**
 * The same for many tasks of one project, set by set; their titles and descriptions are not written.
 *
 * @returns the tasks after the write, in the order given
 */
export function saveTasks(ctx: Ctx, edits: readonly Edit[]): TaskView[] {
  const tasks = edits.map((edit) => nextVersion(ctx, edit));
  const changed = edits.flatMap(({ before }, at) => {
    const wanted = tasks[at] as TaskView;
    return wanted === before ? [] : [{ before, wanted }];
  });
  if (changed.length > 0) {
    const rows = changed.map(({ wanted }) => [wanted.id, ...columnsOf(wanted)]);
    const columns = (rows[0] as unknown[]).map((_, column) => rows.map((row) => row[column]));
    write(ctx, saveAllStatement, [...columns, ctx.now.toISOString()]);
    const valued = changed.filter(({ before, wanted }) => !sameValue(before.fields, wanted.fields));
    if (valued.length > 0)
      write(ctx, saveFieldsStatement, [
        valued.map(({ wanted }) => wanted.id),
        valued.map(({ wanted }) => JSON.stringify(wanted.fields)),
      ]);
    saveSets(ctx, changed);
  }
  return tasks;
}

function nextVersion(ctx: Ctx, { before, wanted }: Edit): TaskView {
  const same = (Object.keys(wanted) as (keyof TaskView)[]).every((field) => sameValue(before[field], wanted[field]));
  return same ? before : { ...wanted, version: before.version + 1, updatedAt: ctx.now.toISOString() };
}

const sameValue = (a: unknown, b: unknown) =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));

const columnsOf = (task: TaskView) => [
  task.statusId,
  task.rank,
  task.priority,
  task.parentId,
  task.startOn,
  task.dueOn,
  task.estimateMinutes,
  task.completedAt,
  task.archivedAt,
  task.deletedAt,
  task.sprintId,
  task.milestoneId,
  task.version,
];

/** Writes how assignees and labels of tasks differ; those that are added are of the first task's project. */
export function saveSets(ctx: Ctx, edits: readonly Edit[]): void {
  for (const [field, add, remove] of [
    ["assigneeIds", addAssigneesStatement, removeAssigneesStatement],
    ["labelIds", addLabelsStatement, removeLabelsStatement],
  ] as const) {
    const removed = pairsOf(edits, ({ before, wanted }) => missingIn(wanted[field], before[field]));
    const added = pairsOf(edits, ({ before, wanted }) => missingIn(before[field], wanted[field]));
    if (removed[0].length > 0) write(ctx, remove, removed);
    const owner = edits[0]?.wanted;
    if (added[0].length > 0 && owner) write(ctx, add, [...added, owner.organizationId, owner.projectId]);
  }
}

const missingIn = (set: readonly string[], ids: readonly string[]) => ids.filter((id) => !set.includes(id));

function pairsOf(edits: readonly Edit[], idsOf: (edit: Edit) => string[]): [taskIds: string[], ids: string[]] {
  const found = edits.flatMap((edit) => idsOf(edit).map((id) => [edit.wanted.id, id] as const));
  return [found.map(([taskId]) => taskId), found.map(([, id]) => id)];
}

const insertStatement = statement(
  "task.insert",
  `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, created_by_id, created_at,
    status_id, rank, priority, parent_id, start_on, due_on, estimate_minutes, completed_at, archived_at, deleted_at,
    sprint_id, milestone_id, version, updated_at, fields)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
);

/** Writes a new task with its assignees and labels. */
export function insertTask(ctx: Ctx, task: TaskView): void {
  write(ctx, insertStatement, [
    task.id,
    task.organizationId,
    task.projectId,
    task.number,
    task.key,
    task.title,
    task.description,
    task.createdById,
    task.createdAt,
    ...columnsOf(task),
    task.updatedAt,
    JSON.stringify(task.fields),
  ]);
  saveSets(ctx, [{ before: { ...task, assigneeIds: [], labelIds: [] }, wanted: task }]);
}

/** Ids as views hold sets: each once, in the database's order. */
export const asSet = (ids: Iterable<string>): string[] => [...new Set(ids)].sort();

/** A set with some ids more and some fewer. */
export const changedSet = (ids: readonly string[], { add = [], remove = [], set }: SetChange): string[] =>
  asSet([...(set ?? ids).filter((id) => !remove.includes(id)), ...add]);

export interface SetChange {
  add?: readonly string[];
  remove?: readonly string[];
  set?: readonly string[];
}
