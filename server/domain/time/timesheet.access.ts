import type { Ctx } from "../../context.ts";
import { denied, notFound, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { grantsSql, memberGrantsSql } from "../rights.ts";
import { inScope } from "../scopes.ts";
import type { TimesheetView } from "./time.view.ts";
import { type Sheet, sheetColumns } from "./timesheet.save.ts";

const findStatement = statement("timesheet.find", `select ${sheetColumns} from time.timesheets ts where ts.id = $1`);

/** A sheet behind the door of one of its entries. */
export async function findSheet(ctx: Ctx, timesheetId: string): Promise<Sheet> {
  const [sheet] = await ctx.sql.query<Sheet>(findStatement, [timesheetId]);
  if (!sheet) throw notFound("timesheet", timesheetId);
  return sheet;
}

/** Whether a person may manage time in every project that a sheet's time was spent on; an empty sheet is in nobody's hands. */
const managesSheetSql = (sheet: string, person: string) =>
  `(exists (select from time.entries te where te.timesheet_id = ${sheet}) and not exists (
      select from (select distinct te.project_id from time.entries te where te.timesheet_id = ${sheet}) spent
      join projects.projects p on p.id = spent.project_id
      where not ${grantsSql(projectRoleSql("p", person), "time.manage")}))`;

/** Whether a member of a sheet's organization decides on it. */
export const decidesOnSheetSql = (sheet: string, member: string) =>
  `(${memberGrantsSql(member, "timesheet.approve")} or ${managesSheetSql(sheet, `${member}.user_id`)})`;

const lockStatement = statement("timesheet.lock", "select from time.timesheets where id = $1 for no key update");
const accessStatement = statement(
  "timesheet.access",
  `select ${sheetColumns},
    ${managesSheetSql("ts.id", "$2")} as "managesAll",
    ${memberGrantsSql("me", "timesheet.approve")} as approves
  from time.timesheets ts
  join organizations.members me on me.organization_id = ts.organization_id and me.user_id = $2 where ts.id = $1`,
);

interface Row extends Sheet {
  approves: boolean;
  managesAll: boolean;
}

/**
 * The only way to a sheet by id: `own` for whose it is, `decide` for who holds `timesheet.approve`, or `time.manage` in all
 * projects that its time was spent on, `read` for all of them. Inside a transaction it is locked.
 */
export async function accessTimesheet(ctx: Ctx, timesheetId: string, as: "own" | "decide" | "read"): Promise<Sheet> {
  const [, [row]] = await Promise.all([
    ctx.transaction ? ctx.sql.query(lockStatement, [timesheetId]) : [],
    ctx.sql.query<Row>(accessStatement, [timesheetId, ctx.actor.userId]),
  ]);
  if (!row) throw notFound("timesheet", timesheetId);
  const { approves, managesAll, ...sheet } = row;
  const own = sheet.userId === ctx.actor.userId;
  const decides =
    (approves && inScope(ctx.actor, "timesheet.approve")) || (managesAll && inScope(ctx.actor, "time.manage"));
  if (!own && !decides) throw notFound("timesheet", timesheetId);
  if (as === "own" && !own) throw denied("timesheet.own");
  if (as === "decide" && !decides) throw denied("timesheet.approve");
  return sheet;
}

/** @throws AppError `rule.broken` when a sheet is in none of these states */
export function requireState({ id, state }: TimesheetView, ...states: readonly TimesheetView["state"][]): void {
  if (!states.includes(state))
    throw ruleBroken("timesheet.state", `This sheet is ${state}.`, { timesheetId: id, state, needs: states });
}
