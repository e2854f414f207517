import type { Ctx } from "../../context.ts";
import { invalid, ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { dayOf, longestMinutes, roundedMinutes } from "./time.calendar.ts";
import { type TimeEntryView, type TimeSettingsView, type TimesheetView, timeSettingsColumns } from "./time.view.ts";

export type TimeRules = Omit<TimeSettingsView, "id" | "organizationId" | "createdAt" | "updatedAt" | "version">;

/** What holds until an organization says otherwise. */
export const defaultRules: TimeRules = {
  overlap: "allowed",
  rounding: "nearest",
  roundingMinutes: 1,
  ownApproval: false,
  lockAfterDays: null,
  closedUntil: null,
};

const settingsStatement = statement(
  "time-settings.read",
  `select ${timeSettingsColumns} from time.settings st where st.organization_id = $1`,
);

/** null: the defaults hold. */
export async function findTimeSettings(ctx: Ctx, organizationId: string): Promise<TimeSettingsView | null> {
  const [settings] = await ctx.sql.query<TimeSettingsView>(settingsStatement, [organizationId]);
  return settings ?? null;
}

export const timeClosedError = (details: Record<string, unknown> = {}) =>
  ruleBroken(
    "time.closed",
    "This time is closed: it was submitted, approved or locked, or its period is over.",
    details,
  );

/** Whether a sheet's time can still be changed. */
const isOpen = ({ state }: Pick<TimesheetView, "state">) => state === "open" || state === "returned";

/** @throws AppError `rule.broken` for time that was submitted, or lies in a closed period; the database says so, too */
export function requireOpenDay(rules: Pick<TimeRules, "closedUntil">, sheet: TimesheetView, day: string): void {
  if (!isOpen(sheet)) throw timeClosedError({ timesheetId: sheet.id, state: sheet.state });
  requireOpenPeriod(rules, day);
}

/** @throws AppError `rule.broken` */
export function requireOpenPeriod({ closedUntil }: Pick<TimeRules, "closedUntil">, day: string): void {
  if (closedUntil && day <= closedUntil) throw timeClosedError({ closedUntil });
}

/** When and how long, as people say it: from one instant to another, or so long on a day. */
export interface Span {
  spentOn?: string | undefined;
  durationMinutes?: number | undefined;
  startedAt?: string | null | undefined;
  endedAt?: string | null | undefined;
}

/**
 * When and how long, as it is kept.
 *
 * @param where.timeZone of who worked
 * @throws AppError `validation.failed` when too little or too much is said | `rule.broken` (ends before it starts, longer than a day)
 */
export function spanOf(
  { spentOn, durationMinutes, startedAt, endedAt }: Span,
  where: { timeZone: string; now: Date; rules: Pick<TimeRules, "rounding" | "roundingMinutes"> },
): Pick<TimeEntryView, "spentOn" | "durationMinutes" | "startedAt" | "endedAt"> {
  if (!startedAt !== !endedAt) throw invalid(startedAt ? "endedAt" : "startedAt", "Start and end belong together.");
  if (!startedAt || !endedAt) {
    if (durationMinutes === undefined) throw invalid("durationMinutes", "Say how long, or from when to when.");
    return {
      spentOn: spentOn ?? dayOf(where.now.toISOString(), where.timeZone),
      durationMinutes: roundedMinutes(durationMinutes * 60_000, where.rules),
      startedAt: null,
      endedAt: null,
    };
  }
  if (durationMinutes !== undefined) throw invalid("durationMinutes", "It follows from start and end.");
  const [from, to] = [new Date(startedAt), new Date(endedAt)];
  const milliseconds = to.getTime() - from.getTime();
  if (milliseconds <= 0) throw ruleBroken("time.span", "Time ends after it starts.", { startedAt, endedAt });
  if (milliseconds > longestMinutes * 60_000)
    throw ruleBroken("time.too-long", "One entry holds a day at most; say when it ended.", { startedAt, endedAt });
  const startDay = dayOf(from.toISOString(), where.timeZone);
  if (spentOn !== undefined && spentOn !== startDay)
    throw invalid("spentOn", "It follows from the start, in the time zone of who worked.");
  return {
    spentOn: startDay,
    durationMinutes: roundedMinutes(milliseconds, where.rules),
    startedAt: from.toISOString(),
    endedAt: to.toISOString(),
  };
}
