import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, denied } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inSnapshot } from "../../transaction.ts";
import { day, id } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { organizationGrants } from "../permissions.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { inScope } from "../scopes.ts";
import { moneyReportSql, type ReportDimension, reportDimensions, timeReportSql } from "./report.sql.ts";
import { managedProjects } from "./time.access.ts";

/** Groups in one answer. */
const largestReport = 10_000;

export const timeReportInput = z.strictObject({
  organizationId: id,
  by: z
    .array(z.enum(reportDimensions))
    .min(1)
    .max(3)
    .refine((by) => new Set(by).size === by.length, "must name each only once")
    .describe("what to group by, in this order"),
  from: day,
  to: day.describe("this day included"),
  projectId: id.optional(),
  taskId: id.optional(),
  userId: id.optional(),
  teamId: id.optional().describe("people who are in it today"),
  activityId: id.optional(),
  billable: z.boolean().optional(),
  money: z.boolean().default(false).describe("what billable time is worth: needs `time.read-money`"),
});
type Input = z.output<typeof timeReportInput>;

const group = z.object({ id: z.uuid().nullable(), name: z.string().nullable() });
const figures = {
  durationMinutes: z.int(),
  billableMinutes: z.int(),
  entries: z.int().describe("how many were booked"),
  estimateMinutes: z.int().nullable().describe("of the tasks that this time was booked on; null: none has an estimate"),
  estimatedDurationMinutes: z.int().describe("the time on those tasks: the actual to the estimate"),
  amounts: z
    .array(z.object({ currency: z.string(), amountMinor: z.int() }))
    .optional()
    .describe("per currency (ISO 4217), in its minor unit; with `money`"),
};
export const timeReportSchema = z
  .object({
    rows: z.array(
      z.object({
        person: group.optional(),
        team: group.optional().describe("who is in several teams counts in each of them, and once in the total"),
        project: group.optional(),
        task: group.optional(),
        activity: group.optional(),
        day: day.optional(),
        week: day.optional().describe("its first day, as the caller's weeks begin"),
        month: day.optional().describe("its first day"),
        ...figures,
      }),
    ),
    total: z.object(figures),
  })
  .meta({ id: "TimeReport" });
export type TimeReport = z.output<typeof timeReportSchema>;
type Row = TimeReport["rows"][number];
type MoneyRow = Partial<Record<ReportDimension, string | null>> & { currency: string; amountMinor: number };

const readableStatement = statement(
  "time.readable-projects",
  `select p.id from projects.projects p where p.organization_id = $1 and ${projectRoleSql("p", "$2")} > 0`,
);
/** A year of a large organization is grouped in memory; of this transaction alone. */
const memoryStatement = statement("time.report-memory", "select set_config('work_mem', '32MB', true)");
const weekStatement = statement("time.week-start", `select week_starts_on as "startsOn" from auth.users where id = $1`);

/**
 * Booked time in groups, with totals and the estimates of its tasks: mine, and others' in projects that I manage.
 *
 * @throws AppError `not-found` | `access.denied` (money; teams, for guests) | `too-large` (more than 10,000 groups)
 */
export const timeReport = (ctx: Ctx, input: Input): Promise<TimeReport> =>
  inSnapshot(ctx, async (ctx) => {
    const { organizationId, by, money } = input;
    const { userId } = ctx.actor;
    const asksTeams = input.teamId !== undefined || by.includes("team");
    const [{ callerRole, callerExtras }, managed, readable, [week]] = await Promise.all([
      accessOrganization(ctx, organizationId, asksTeams ? "organization.read-people" : "organization.read"),
      managedProjects(ctx, organizationId),
      ctx.sql.query<{ id: string }>(readableStatement, [organizationId, userId]),
      ctx.sql.query<{ startsOn: number }>(weekStatement, [userId]),
      ctx.sql.query(memoryStatement),
    ]);
    const seesMoney = organizationGrants(callerRole, "time.read-money") || callerExtras?.includes("time.read-money");
    if (money && !(seesMoney && inScope(ctx.actor, "time.read-money"))) throw denied("time.read-money");

    const { projectId = null, taskId = null, activityId = null, billable = null, teamId = null } = input;
    const values = [
      ...[organizationId, userId, largestReport + 1, managed, readable.map((project) => project.id)],
      ...[
        week?.startsOn ?? 1,
        input.from,
        input.to,
        projectId,
        taskId,
        input.userId ?? null,
        activityId,
        billable,
        teamId,
      ],
    ];
    const [rows, [total], worth, totalWorth] = await Promise.all([
      ctx.sql.query<Row>(timeReportSql(by), values),
      ctx.sql.query<TimeReport["total"]>(timeReportSql([]), values),
      money ? ctx.sql.query<MoneyRow>(moneyReportSql(by), values) : [],
      money ? ctx.sql.query<MoneyRow>(moneyReportSql([]), values) : [],
    ]);
    if (rows.length > largestReport || worth.length > largestReport)
      throw new AppError("too-large", "This report has too many rows: ask for fewer days or fewer groups.", {
        limit: largestReport,
      });
    if (!money) return { rows, total: total as TimeReport["total"] };
    const byGroup = Map.groupBy(worth, (row) => keyOf(by, row));
    return {
      rows: rows.map((row) => ({ ...row, amounts: amountsOf(byGroup.get(keyOf(by, row))) })),
      total: { ...(total as TimeReport["total"]), amounts: amountsOf(totalWorth) },
    };
  });

const keyOf = (by: readonly ReportDimension[], row: Row | MoneyRow) =>
  by
    .map((dimension) => {
      const value = row[dimension];
      return typeof value === "object" && value ? value.id : value;
    })
    .join(" ");

const amountsOf = (rows: readonly MoneyRow[] = []) =>
  rows.map(({ currency, amountMinor }) => ({ currency, amountMinor }));
