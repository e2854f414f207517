import type { Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import type { ProjectPermission } from "../permissions.ts";
import {
  accessProject,
  type ProjectStanding,
  projectRoleSql,
  requireProjectPermission,
} from "../projects/project.access.ts";
import { grantsSql, rightsGrant } from "../rights.ts";
import { inScope, requireScope } from "../scopes.ts";
import { requireNotTrashed } from "../tasks/task.rules.ts";
import { defaultRules, type TimeRules } from "./time.rules.ts";
import {
  type ActivityView,
  activityColumns,
  type TimeEntryView,
  type TimeSettingsView,
  timeEntryColumns,
  timeSettingsColumns,
} from "./time.view.ts";

/*
 * Who changes time holds the organization's row, shared, so that nothing is closed meanwhile; then the task, the sheet
 * and the entry, in this order.
 */
const locks = {
  ofProject: statement(
    "time.lock-of-project",
    `select from organizations.organizations where id = (select organization_id from projects.projects where id = $1) for share`,
  ),
  ofEntry: statement(
    "time.lock-of-entry",
    `select from organizations.organizations where id = (select organization_id from time.entries where id = $1) for share`,
  ),
  task: statement("time.lock-task", "select from tasks.tasks where id = $1 for key share"),
  sheetOfEntry: statement(
    "time.lock-sheet-of-entry",
    "select from time.timesheets where id = (select timesheet_id from time.entries where id = $1) for no key update",
  ),
  entry: statement("time.lock-entry", "select from time.entries where id = $1 for no key update"),
};

const workerStatement = statement(
  "time.worker",
  `select u.time_zone as "timeZone", u.week_starts_on as "weekStartsOn", ${projectRoleSql("p", "u.id")} as "roleRank"
  from projects.projects p join auth.users u on u.id = $2 where p.id = $1`,
);
const taskStatement = statement(
  "time.task",
  `select t.id, t.project_id as "projectId", t.deleted_at as "deletedAt" from tasks.tasks t where t.id = $1`,
);
const activityStatement = statement(
  "time.activity",
  `select ${activityColumns} from time.activities ta
  where ta.id = $1 and ta.organization_id = (select p.organization_id from projects.projects p where p.id = $2)`,
);
const rulesStatement = statement(
  "time.rules-of-project",
  `select ${timeSettingsColumns} from time.settings st
  where st.organization_id = (select p.organization_id from projects.projects p where p.id = $1)`,
);

/** What time is spent on. */
export interface Subject {
  projectId: string;
  taskId: string | null;
  activityId: string | null;
}

/** Somebody at work, and the rules that hold for it. */
export interface Work {
  organizationId: string;
  userId: string;
  timeZone: string;
  weekStartsOn: number;
  activity: ActivityView | null;
  rules: TimeRules;
}

/**
 * The door to time on a project: for oneself, or for others who may spend time there, with `time.manage`.
 *
 * @param kept what the time is spent on already, and may stay so although it is no longer offered
 * @throws AppError `not-found` (project, task, activity or person) | `access.denied` | `rule.broken` (archived project or
 *   activity, task in the trash)
 */
export async function accessWork(
  ctx: Ctx,
  subject: Subject,
  userId: string,
  kept: Partial<Subject> = {},
): Promise<Work> {
  const { projectId, taskId, activityId } = subject;
  const permission: ProjectPermission = userId === ctx.actor.userId ? "time.log" : "time.manage";
  const find = <Row extends object>(given: string | null, ...query: Parameters<typeof ctx.sql.query<Row>>) =>
    given ? ctx.sql.query<Row>(...query) : [];
  const locking = (name: keyof typeof locks, id: string) => (ctx.transaction ? ctx.sql.query(locks[name], [id]) : []);
  const [, , project, [worker], [task], [activity], [settings]] = await Promise.all([
    locking("ofProject", projectId),
    taskId ? locking("task", taskId) : [],
    accessProject(ctx, projectId, permission),
    ctx.sql.query<{ timeZone: string; weekStartsOn: number; roleRank: number }>(workerStatement, [projectId, userId]),
    find<{ id: string; projectId: string; deletedAt: string | null }>(taskId, taskStatement, [taskId]),
    find<ActivityView>(activityId, activityStatement, [activityId, projectId]),
    ctx.sql.query<TimeSettingsView>(rulesStatement, [projectId]),
  ]);
  if (!worker?.roleRank) throw notFound("user", userId);
  if (taskId) {
    if (task?.projectId !== projectId) throw notFound("task", taskId);
    if (kept.taskId !== taskId) requireNotTrashed(task);
  }
  if (activityId) {
    if (!activity) throw notFound("activity", activityId);
    if (activity.archivedAt && kept.activityId !== activityId)
      throw ruleBroken("activity.archived", "This activity is no longer offered.", { activityId });
  }
  const { timeZone, weekStartsOn } = worker;
  const rules = settings ?? defaultRules;
  return { organizationId: project.organizationId, userId, timeZone, weekStartsOn, activity: activity ?? null, rules };
}

const entryStatement = statement(
  "time-entry.access",
  `select ${timeEntryColumns}, p.archived_at as "projectArchivedAt", ${projectRoleSql("p", "$2")} as "roleRank"
  from time.entries te join projects.projects p on p.id = te.project_id where te.id = $1`,
);

/**
 * The only way to a time entry by id: for whose time it is, or for who holds `others` in its project. Inside a
 * transaction its organization is held, and its sheet and itself are locked.
 */
export async function accessTimeEntry(
  ctx: Ctx,
  timeEntryId: string,
  own: ProjectPermission,
  others: ProjectPermission,
): Promise<TimeEntryView> {
  const locking = (name: keyof typeof locks) => (ctx.transaction ? ctx.sql.query(locks[name], [timeEntryId]) : []);
  const [, , , [row]] = await Promise.all([
    locking("ofEntry"),
    locking("sheetOfEntry"),
    locking("entry"),
    ctx.sql.query<TimeEntryView & ProjectStanding>(entryStatement, [timeEntryId, ctx.actor.userId]),
  ]);
  requireProjectPermission(row, own, "time entry", timeEntryId);
  const { projectArchivedAt: _, roleRank, ...entry } = row as TimeEntryView & ProjectStanding;
  if (entry.userId === ctx.actor.userId) return entry;
  requireScope(ctx.actor, others);
  if (!rightsGrant(roleRank, others)) throw denied(others);
  return entry;
}

const managedStatement = statement(
  "time.managed-projects",
  `select p.id from projects.projects p where p.organization_id = $1 and ${grantsSql(projectRoleSql("p", "$2"), "time.read-others")}`,
);

/** The projects of an organization in which somebody may read others' time. */
export async function managedProjects(ctx: Ctx, organizationId: string): Promise<string[]> {
  if (!inScope(ctx.actor, "time.read-others")) return [];
  const rows = await ctx.sql.query<{ id: string }>(managedStatement, [organizationId, ctx.actor.userId]);
  return rows.map(({ id }) => id);
}
