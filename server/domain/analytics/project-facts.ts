import type { PublicCtx } from "../../context.ts";
import type { Channel, StoredChange } from "../../platform/feed.ts";
import { statement } from "../../platform/sql.ts";
import type { Projection } from "../projection.ts";
import { Dashboard } from "./dashboard.ts";
import { saving, writeFacts } from "./fact-rows.ts";
import { Facts, type Span, type SprintFact, type StatusFact, type TaskFact } from "./facts.ts";

const statusColumns = `organization_id as "organizationId", project_id as "projectId", status_id as "statusId", name, category, rank,
  is_deleted as "isDeleted"`;
const sprintColumns = `organization_id as "organizationId", project_id as "projectId", sprint_id as "sprintId", name, state,
  starts_on as "startsOn", ends_on as "endsOn", started_at as "startedAt", closed_at as "closedAt", is_deleted as "isDeleted"`;
const standingColumns = `organization_id as "organizationId", project_id as "projectId", task_id as "taskId", status_id as "statusId",
  estimate_minutes as "estimateMinutes", assignee_ids as "assigneeIds", sprint_id as "sprintId", milestone_id as "milestoneId",
  due_on as "dueOn"`;

const statusesStatement = statement(
  "facts.statuses",
  `select ${statusColumns} from analytics.statuses where project_id = $1`,
);
const sprintsStatement = statement(
  "facts.sprints",
  `select ${sprintColumns} from analytics.sprints where project_id = $1 and sprint_id = any($2::uuid[])`,
);
const tasksStatement = statement(
  "facts.tasks",
  `select ${standingColumns}, key, title, is_archived as "isArchived", is_deleted as "isDeleted", created_at as "createdAt",
    started_at as "startedAt", completed_at as "completedAt", category, began_at as "beganAt", began_seq as "beganSeq"
  from analytics.tasks where project_id = $1 and (task_id = any($2::uuid[]) or status_id = any($3::uuid[]))`,
);

const saveStatuses = saving("statuses", "status_id", ["name", "category", "rank", "is_deleted"]);
const saveSprints = saving("sprints", "sprint_id", [
  ...["organization_id", "name", "state", "starts_on", "ends_on", "started_at", "closed_at", "is_deleted"],
]);
const saveTasks = saving("tasks", "task_id", [
  ...["key", "title", "status_id", "estimate_minutes", "assignee_ids", "sprint_id", "milestone_id", "due_on"],
  ...["is_archived", "is_deleted", "created_at", "started_at", "completed_at", "category", "began_at", "began_seq"],
]);
const addSpans = statement(
  "facts.add-spans",
  "insert into analytics.spans select * from json_populate_recordset(null::analytics.spans, $1::json)",
);
const clearStatements = ["spans", "tasks", "statuses", "sprints"].map((table) =>
  statement(`facts.clear-${table}`, `delete from analytics.${table} where project_id = $1`),
);

/** Keeps what analytics knows of projects: tasks, the spans in which they stood still, statuses, sprints, dashboards. */
export const projectFacts: Projection = {
  name: "analytics",
  channels: ["project"],
  async apply(ctx, channel, changes) {
    const projectId = projectOf(channel);
    if (changes.some(({ type }) => type === "project.deleted")) return clear(ctx, projectId);
    const dashboard = await Dashboard.load(ctx, projectId);
    const facts = new Facts((at, before, after) => dashboard.move(at, before, after));
    await load(ctx, projectId, facts, changes);
    for (const change of changes) facts.apply(change);
    save(ctx, facts);
    dashboard.save();
  },
  clear: (ctx, channel) => clear(ctx, projectOf(channel)),
};

const projectOf = (channel: Channel) => channel.slice("project:".length);

/** What the changes speak of; of a status that gets another category, all tasks in it. */
async function load(ctx: PublicCtx, projectId: string, facts: Facts, changes: readonly StoredChange[]): Promise<void> {
  const idsOf = (entity: string) =>
    changes.filter((change) => change.entity === entity).map(({ entityId }) => entityId);
  const turned = changes
    .filter(({ entity, op, patch }) => entity === "status" && op === "update" && "category" in patch)
    .map(({ entityId }) => entityId);
  const [statuses, sprints, tasks] = await Promise.all([
    ctx.sql.query<StatusFact>(statusesStatement, [projectId]),
    ctx.sql.query<SprintFact>(sprintsStatement, [projectId, idsOf("sprint")]),
    ctx.sql.query<TaskFact>(tasksStatement, [projectId, [...new Set(idsOf("task"))], turned]),
  ]);
  for (const status of statuses) facts.statuses.set(status.statusId, status);
  for (const sprint of sprints) facts.sprints.set(sprint.sprintId, sprint);
  for (const task of tasks) facts.tasks.set(task.taskId, task);
}

function save(ctx: PublicCtx, facts: Facts): void {
  const rowsOf = <Fact extends object>(known: ReadonlyMap<string, Fact>, touched: ReadonlySet<string>) =>
    [...touched].flatMap((id) => known.get(id) ?? []);
  writeFacts(ctx, saveStatuses, rowsOf<StatusFact>(facts.statuses, facts.touchedStatuses));
  writeFacts(ctx, saveSprints, rowsOf<SprintFact>(facts.sprints, facts.touchedSprints));
  writeFacts(ctx, saveTasks, rowsOf<TaskFact>(facts.tasks, facts.touchedTasks));
  writeFacts(ctx, addSpans, facts.ended satisfies readonly Span[]);
}

async function clear(ctx: PublicCtx, projectId: string): Promise<void> {
  const dashboard = await Dashboard.load(ctx, projectId);
  await dashboard.clear();
  await Promise.all(clearStatements.map((statement) => ctx.sql.query(statement, [projectId])));
}
