import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { id } from "../fields.ts";
import { requireOrganizationPermission } from "../organizations/organization.access.ts";
import type { OrganizationRole } from "../permissions.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { partsOfKey } from "../projects/project.key.ts";
import { rightsGrant } from "../rights.ts";
import { type ImportRow, importRow, largestImport, type RowFault, refuseRows, rowsOfCsv } from "./import-rows.ts";
import { overlapsAmong } from "./overlaps.ts";
import { clockSpan } from "./time.calendar.ts";
import { defaultRules, findTimeSettings, requireOpenDay, spanOf, type TimeRules } from "./time.rules.ts";
import { type ActivityView, activityColumns, type TimeEntryView } from "./time.view.ts";
import { addEntries } from "./time-entry.save.ts";
import { type Sheet, sheetOfDay } from "./timesheet.save.ts";

export const importTimeEntriesInput = z.object({
  organizationId: id,
  userId: id.optional().describe("who worked, if not the caller: needs `time.manage` in each project"),
  rows: z.array(importRow).min(1).max(largestImport).optional(),
  csv: z.string().max(1_000_000).optional().describe("instead of rows, with a head of the same names"),
});
export const importedSchema = z.object({ timeEntryIds: z.array(z.uuid()).describe("in the order of the rows") });

const holdStatement = statement(
  "time.hold-organization",
  "select from organizations.organizations where id = $1 for share",
);
const callerStatement = statement(
  "time.import-caller",
  `select me.role, u.time_zone as "timeZone", u.week_starts_on as "weekStartsOn"
  from organizations.members me, auth.users u where me.organization_id = $1 and me.user_id = $2 and u.id = $3`,
);
/** `$2` and `$3` are keys and numbers of tasks; one that a task had in a project which it left leads to it, too. */
const namedTasks = `unnest($2::text[], $3::int[]) as named (project, number)
  join projects.keys k on k.organization_id = $1 and k.key = named.project
  left join tasks.former_numbers f on f.project_id = k.project_id and f.number = named.number
  join tasks.tasks t on t.id = coalesce(f.task_id,
    (select own.id from tasks.tasks own where own.project_id = k.project_id and own.number = named.number))`;
/** Those of the keys `$6`, and those of the tasks. */
const projectsStatement = statement(
  "time.import-projects",
  `select p.id, k.key, p.archived_at as "archivedAt", ${projectRoleSql("p", "$4")} as rights, ${projectRoleSql("p", "$5")} as "workerRights"
  from projects.projects p left join projects.keys k on k.project_id = p.id and k.key = any($6::text[])
  where p.organization_id = $1 and (k.key is not null or p.id in (select t.project_id from ${namedTasks}))`,
);
/** Locked, so that none goes for ever meanwhile. */
const tasksStatement = statement(
  "time.import-tasks",
  `select t.id, named.project || '-' || named.number as key, t.project_id as "projectId", t.deleted_at as "deletedAt"
  from ${namedTasks} order by t.id for key share of t`,
);
const activitiesStatement = statement(
  "time.import-activities",
  `select ${activityColumns} from time.activities ta where ta.organization_id = $1 and lower(ta.name) = any($2::text[])`,
);

interface Found {
  /** By key, and by id. */
  projects: Map<string, { id: string; archivedAt: string | null; rights: number | null; workerRights: number | null }>;
  tasks: Map<string, { id: string; projectId: string; deletedAt: string | null }>;
  activities: Map<string, ActivityView>;
}

const partsOf = (task: string) => partsOfKey(task) ?? { project: "", number: 0 };
const projectKeyOf = ({ project, task }: ImportRow) => project ?? (task ? partsOf(task).project : "");

/**
 * Books up to 1,000 rows of one person's time, all or none.
 *
 * @throws AppError `not-found` | `validation.failed`, with what is wrong with each row in `details.rows`
 */
export const importTimeEntries = (
  ctx: Ctx,
  input: z.output<typeof importTimeEntriesInput>,
): Promise<z.output<typeof importedSchema>> =>
  inTransaction(ctx, async (ctx) => {
    const { organizationId, userId = ctx.actor.userId } = input;
    type Caller = { role: OrganizationRole; timeZone: string; weekStartsOn: number };
    const [, [caller], settings] = await Promise.all([
      ctx.sql.query(holdStatement, [organizationId]),
      ctx.sql.query<Caller>(callerStatement, [organizationId, ctx.actor.userId, userId]),
      findTimeSettings(ctx, organizationId),
    ]);
    requireOrganizationPermission(caller?.role, "organization.read", "organization", organizationId);
    const { timeZone, weekStartsOn } = caller as Caller;
    if (!input.rows === (input.csv === undefined)) throw invalid("rows", "Send rows, or a csv.");
    const rows = input.rows ?? rowsOfCsv(input.csv ?? "");
    if (rows.length === 0 || rows.length > largestImport) throw invalid("csv", `Send 1 to ${largestImport} rows.`);

    const found = await findNamed(ctx, rows, organizationId, userId);
    const rules = settings ?? defaultRules;
    const sheets: Sheet[] = [];
    const faults: RowFault[] = [];
    const entries: TimeEntryView[] = [];
    for (const [at, row] of rows.entries()) {
      try {
        const subject = subjectOf(found, row, userId === ctx.actor.userId);
        const span = spanOf(timesOf(row, timeZone), { timeZone, now: ctx.now, rules });
        const holds = ({ startsOn, endsOn }: Sheet) => span.spentOn >= startsOn && span.spentOn <= endsOn;
        const known = sheets.find(holds);
        const sheet = known ?? (await sheetOfDay(ctx, { organizationId, userId, weekStartsOn }, span.spentOn));
        if (!known) sheets.push(sheet);
        requireOpenDay(rules, sheet, span.spentOn);
        const stamps = { createdAt: ctx.now.toISOString(), updatedAt: ctx.now.toISOString(), version: 1 };
        entries.push({ id: v7(), organizationId, userId, timesheetId: sheet.id, ...subject, ...span, ...stamps });
      } catch (error) {
        faults.push(faultOf(at + 1, error));
      }
    }
    if (faults.length === 0) faults.push(...(await overlapFaults(ctx, rules, entries)));
    if (faults.length > 0) throw refuseRows(faults);
    addEntries(ctx, entries, rules.overlap === "refused");
    return { timeEntryIds: entries.map((entry) => entry.id) };
  });

async function findNamed(ctx: Ctx, rows: readonly ImportRow[], organizationId: string, userId: string): Promise<Found> {
  const distinct = (texts: (string | undefined)[]) => [...new Set(texts.filter((text) => text !== undefined))];
  const projectKeys = distinct(rows.map(projectKeyOf));
  const named = distinct(rows.map(({ task }) => task)).map(partsOf);
  const names = distinct(rows.map(({ activity }) => activity?.toLowerCase()));
  type Keyed<K extends keyof Found> = Found[K] extends Map<string, infer V> ? V & { key: string } : never;
  const asked = [organizationId, named.map(({ project }) => project), named.map(({ number }) => number)];
  const [projects, tasks, activities] = await Promise.all([
    ctx.sql.query<Keyed<"projects">>(projectsStatement, [...asked, ctx.actor.userId, userId, projectKeys]),
    ctx.sql.query<Keyed<"tasks">>(tasksStatement, asked),
    ctx.sql.query<ActivityView>(activitiesStatement, [organizationId, names]),
  ]);
  return {
    projects: new Map(projects.flatMap((project) => [project.key, project.id].map((name) => [name, project] as const))),
    tasks: new Map(tasks.map((task) => [task.key, task])),
    activities: new Map(activities.map((activity) => [activity.name.toLowerCase(), activity])),
  };
}

/** The same door as for a single entry: hidden and missing fail alike. @throws Fault */
function subjectOf({ projects, tasks, activities }: Found, row: ImportRow, own: boolean) {
  if (!row.project && !row.task) throw new Fault("project", "Name a project or a task.");
  const task = row.task ? tasks.get(row.task.trim().toUpperCase()) : undefined;
  const project = projects.get(row.project ?? task?.projectId ?? projectKeyOf(row));
  const place = row.project ? "project" : "task";
  if (!project?.rights || !project.workerRights)
    throw new Fault(place, `There is no such ${place}, or it is not yours to see.`);
  if (!rightsGrant(project.rights, own ? "time.log" : "time.manage"))
    throw new Fault(place, "Your role does not allow this.");
  if (project.archivedAt) throw new Fault(place, "This project is archived.");
  if (row.task && task?.projectId !== project.id) throw new Fault("task", "There is no such task in the project.");
  if (task?.deletedAt) throw new Fault("task", "This task is in the trash.");
  const activity = row.activity ? activities.get(row.activity.toLowerCase()) : undefined;
  if (row.activity && !activity) throw new Fault("activity", "There is no such activity.");
  if (activity?.archivedAt) throw new Fault("activity", "This activity is no longer offered.");
  return {
    projectId: project.id,
    taskId: task?.id ?? null,
    activityId: activity?.id ?? null,
    billable: row.billable ?? activity?.billable ?? true,
    comment: row.comment ?? "",
  };
}

function timesOf({ spentOn, durationMinutes, from, to }: ImportRow, timeZone: string) {
  if (!from !== !to) throw new Fault(from ? "to" : "from", "From and to belong together.");
  if (!from || !to) return { spentOn, durationMinutes };
  if (durationMinutes !== undefined) throw new Fault("durationMinutes", "It follows from the times.");
  return clockSpan(spentOn, from, to, timeZone);
}

class Fault extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

function faultOf(row: number, error: unknown): RowFault {
  if (error instanceof Fault) return { row, field: error.field, message: error.message };
  if (error instanceof AppError && (error.code === "rule.broken" || error.code === "validation.failed")) {
    const [issue] = (error.details["issues"] ?? []) as { path: string[] }[];
    return { row, field: issue?.path[0] ?? "spentOn", message: error.message };
  }
  throw error;
}

const overlapping = "It overlaps other time of the same person.";

async function overlapFaults(ctx: Ctx, rules: TimeRules, entries: readonly TimeEntryView[]): Promise<RowFault[]> {
  if (rules.overlap === "allowed") return [];
  const places = await overlapsAmong(ctx, entries);
  return places.map((at) => ({ row: at + 1, field: "from", message: overlapping }));
}
