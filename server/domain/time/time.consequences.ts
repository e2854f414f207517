import type { Ctx, PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { ProjectMove } from "../consequences.ts";
import type { Work } from "./time.access.ts";
import { rateDeleted, timerDiscarded, timerStopped, timerUpdated, timesheetHidden } from "./time.events.ts";
import { defaultRules, findTimeSettings, requireOpenPeriod, timeClosedError } from "./time.rules.ts";
import {
  type RateView,
  rateColumns,
  type TimeEntryView,
  type TimerView,
  timeEntryColumns,
  timerColumns,
} from "./time.view.ts";
import { removeEntries, saveEntries } from "./time-entry.save.ts";
import { bookTimer, removeTimer, saveTimer } from "./timer.save.ts";
import { type Sheet, sheetColumns, viewOfSheet } from "./timesheet.save.ts";

/** Finds entries by a condition on `te`, locked behind their sheets. @throws AppError `rule.broken` if one of them is closed */
function openEntries(name: string, where: string) {
  const hold = statement(
    `${name}.hold`,
    `select from organizations.organizations where id in (select te.organization_id from time.entries te where ${where}) for share`,
  );
  const lockSheets = statement(
    `${name}.lock-sheets`,
    `select ts.id from time.timesheets ts where ts.id in (select te.timesheet_id from time.entries te where ${where}) order by ts.id for no key update`,
  );
  const lock = statement(`${name}.lock`, `select from time.entries te where ${where} order by te.id for no key update`);
  const read = statement(
    `${name}.read`,
    `select ${timeEntryColumns}, ts.state in ('open', 'returned') and te.spent_on > coalesce(st.closed_until, '-infinity') as "isOpen"
    from time.entries te join time.timesheets ts on ts.id = te.timesheet_id
    left join time.settings st on st.organization_id = te.organization_id where ${where} order by te.id`,
  );
  return async (ctx: PublicCtx, values: readonly unknown[]): Promise<TimeEntryView[]> => {
    const [, , , rows] = await Promise.all([
      ...([hold, lockSheets, lock] as const).map((locking) => ctx.sql.query(locking, values)),
      ctx.sql.query<TimeEntryView & { isOpen: boolean }>(read, values),
    ] as const);
    const found = (rows ?? []) as (TimeEntryView & { isOpen: boolean })[];
    const closed = found.filter(({ isOpen }) => !isOpen);
    if (closed.length > 0) throw timeClosedError({ timeEntryIds: closed.slice(0, 10).map(({ id }) => id) });
    return found.map(({ isOpen: _, ...entry }) => entry);
  };
}

const timersBy = (name: string, where: string): Statement =>
  statement(name, `select ${timerColumns} from time.timers tr where ${where} order by tr.id for update`);

const entriesOfTasks = openEntries("time-entry.of-tasks", "te.task_id = any($1::uuid[])");
const timersOfTasks = timersBy("timer.of-tasks", "tr.task_id = any($1::uuid[])");

/** Time outlives the task it was spent on: it stays with the project. @throws AppError `rule.broken` where it is closed */
export async function keepTaskTime(ctx: Ctx, { taskIds }: { taskIds: readonly string[] }) {
  const [entries, timers] = await Promise.all([
    entriesOfTasks(ctx, [taskIds]),
    ctx.sql.query<TimerView>(timersOfTasks, [taskIds]),
  ]);
  saveEntries(
    ctx,
    entries.map((before) => ({ before, wanted: { taskId: null } })),
  );
  for (const timer of timers) record(ctx, timerUpdated, timer, saveTimer(ctx, timer, { taskId: null }));
  return undefined;
}

/** Time goes where its task goes, and is worth what it is worth there. @throws AppError `rule.broken` where it is closed */
export async function moveTaskTime(ctx: Ctx, { taskIds, toProjectId: projectId }: ProjectMove) {
  const [entries, timers] = await Promise.all([
    entriesOfTasks(ctx, [taskIds]),
    ctx.sql.query<TimerView>(timersOfTasks, [taskIds]),
  ]);
  return async () => {
    saveEntries(
      ctx,
      entries.map((before) => ({ before, wanted: { projectId } })),
    );
    for (const timer of timers) record(ctx, timerUpdated, timer, saveTimer(ctx, timer, { projectId }));
  };
}

const entriesOfProject = openEntries("time-entry.of-project", "te.project_id = $1");
const timersOfProject = timersBy("timer.of-project", "tr.project_id = $1");
const ratesOfProject = statement(
  "rate.of-project",
  `select ${rateColumns} from time.rates tq where tq.project_id = $1`,
);
const deleteRates = statement("rate.delete-of-project", "delete from time.rates where project_id = $1");
const hideSheets = statement(
  "timesheet.forget-project",
  "update time.timesheets set project_ids = array_remove(project_ids, $1::uuid) where project_ids @> array[$1::uuid]",
);

/** A project's time goes with it. @throws AppError `rule.broken` where it is closed: such projects are archived, not deleted */
export async function dropProjectTime(ctx: Ctx, { projectId }: { projectId: string }) {
  const [entries, timers, rates] = await Promise.all([
    entriesOfProject(ctx, [projectId]),
    ctx.sql.query<TimerView>(timersOfProject, [projectId]),
    ctx.sql.query<RateView>(ratesOfProject, [projectId]),
  ]);
  const [rate] = rates;
  const settings = rate ? await findTimeSettings(ctx, rate.organizationId) : null;
  for (const { startsOn } of rates) requireOpenPeriod(settings ?? defaultRules, startsOn);
  removeEntries(ctx, entries);
  for (const timer of timers) {
    removeTimer(ctx, timer);
    record(ctx, timerDiscarded, timer, null);
  }
  await Promise.all([ctx.sql.query(deleteRates, [projectId]), ctx.sql.query(hideSheets, [projectId])]);
  for (const gone of rates) record(ctx, rateDeleted, gone, null);
  return undefined;
}

const timersOfLeaver = timersBy("timer.of-leaver", "tr.organization_id = $1 and tr.user_id = $2");
const personStatement = statement(
  "time.person",
  `select time_zone as "timeZone", week_starts_on as "weekStartsOn" from auth.users where id = $1`,
);
const sheetsOfLeaver = statement(
  "timesheet.of-leaver",
  `update time.timesheets ts set held = false where ts.organization_id = $1 and ts.user_id = $2 and ts.held returning ${sheetColumns}`,
);

/** What somebody has worked stays when they leave the organization, in its books and no longer in their own channel. */
export async function leaveTime(ctx: Ctx, { organizationId, userId }: { organizationId: string; userId: string }) {
  const [timers, [person], settings] = await Promise.all([
    ctx.sql.query<TimerView>(timersOfLeaver, [organizationId, userId]),
    ctx.sql.query<Pick<Work, "timeZone" | "weekStartsOn">>(personStatement, [userId]),
    findTimeSettings(ctx, organizationId),
  ]);
  const rules = settings ?? defaultRules;
  for (const timer of timers) {
    const work = {
      organizationId,
      userId,
      activity: null,
      rules,
      ...(person as Pick<Work, "timeZone" | "weekStartsOn">),
    };
    const booked = await bookTimer(ctx, timer, work, { exclusive: false }).catch(nullIfRefused);
    removeTimer(ctx, timer);
    record(ctx, booked ? timerStopped : timerDiscarded, timer, null);
  }
  for (const sheet of await ctx.sql.query<Sheet>(sheetsOfLeaver, [organizationId, userId])) {
    if (sheet.state !== "locked") record(ctx, timesheetHidden, viewOfSheet(sheet), null);
  }
  return undefined;
}

/** A forgotten timer, or one in a closed period, keeps nobody in the organization. */
function nullIfRefused(error: unknown): null {
  if (error instanceof AppError && error.code === "rule.broken") return null;
  throw error;
}

const eraseStatements = [
  statement("time.erasing", "select set_config('taskwire.erased_organization', $1::uuid::text, true)"),
  statement("time.erase-entries", "delete from time.entries where organization_id = $1"),
];
const timersOfOrganization = statement(
  "timer.erase",
  `delete from time.timers tr where tr.organization_id = $1 returning ${timerColumns}`,
);
const sheetsOfOrganization = statement(
  "timesheet.erase",
  `delete from time.timesheets ts where ts.organization_id = $1 returning ${sheetColumns}`,
);
const eraseRates = statement("rate.erase", "delete from time.rates where organization_id = $1");

/** The end of an organization is the one thing that closed time does not outlive. */
export async function eraseTime(ctx: Ctx, { organizationId }: { organizationId: string }) {
  const all = [organizationId];
  const sent = eraseStatements.map((erase) => ctx.sql.query(erase, all));
  const [timers, sheets] = await Promise.all([
    ctx.sql.query<TimerView>(timersOfOrganization, all),
    ctx.sql.query<Sheet>(sheetsOfOrganization, all),
    ctx.sql.query(eraseRates, all),
    ...sent,
  ]);
  for (const timer of timers) record(ctx, timerDiscarded, timer, null);
  for (const sheet of sheets) {
    if (sheet.held && sheet.state !== "locked") record(ctx, timesheetHidden, viewOfSheet(sheet), null);
  }
  return undefined;
}
