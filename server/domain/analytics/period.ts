import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { updateProfileInput } from "../auth/update-profile.ts";
import { day } from "../fields.ts";
import { addDays, dayOf, daysBetween, mondayToFriday, startOfDay, weekdayOf } from "./calendar.ts";
import { type Scope, scopeField } from "./scope.ts";

const granularities = ["day", "week", "month"] as const;
const defaultDays = 30;
const longestDays = 3_660;
const mostBuckets = 1_100;

/** What nearly every figure takes. */
export const figureFields = {
  scope: scopeField,
  from: day.optional().describe("absent: the sprint's first day, else 30 days up to `to`"),
  to: day.optional().describe("included; absent: the sprint's last day, else today"),
  timeZone: updateProfileInput.shape.timeZone.describe("whose days these are, IANA; absent: the caller's own"),
  workingDays: updateProfileInput.shape.workingDays.describe("ISO 8601 weekdays; absent: the caller's own"),
  granularity: z.enum(granularities).default("day").describe("weeks begin on Monday"),
};
export const figureInput = z.strictObject(figureFields);
export type FigureInput = z.output<typeof figureInput>;

/** Days that are looked at together; the first and last week or month may be cut by the period. */
export interface Bucket {
  readonly from: string;
  readonly to: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface Period {
  readonly timeZone: string;
  readonly workingDays: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly today: string;
  readonly now: string;
  readonly buckets: readonly Bucket[];
  /** The beginning of the first bucket, and the end of each: at these instants balances are taken. */
  readonly instants: readonly string[];
}

const habitsStatement = statement(
  "analytics.habits",
  `select u.time_zone as "timeZone", u.working_days as "workingDays" from auth.users u where u.id = $1`,
);

/** @throws AppError `validation.failed` (it ends before it begins, is too long, too early or too late) */
export async function periodOf(ctx: Ctx, input: FigureInput, scope: Scope, days = defaultDays): Promise<Period> {
  const habits = await habitsOf(ctx, input);
  const now = ctx.now.toISOString();
  const today = dayOf(now, habits.timeZone);
  const to = input.to ?? scope.sprint?.endsOn ?? today;
  const from = input.from ?? (input.to ? null : scope.sprint?.startsOn) ?? addDays(to, 1 - days);
  if (from < "1000" || to >= "9999") throw invalid(input.to ? "to" : "from", "must be of the years 1000 to 9998");
  if (from > to) throw invalid("to", "must not lie before `from`");
  if (daysBetween(from, to) >= longestDays) throw invalid("from", `must not lie ${longestDays} days before \`to\``);
  const buckets = bucketsOf(from, to, input.granularity, habits.timeZone);
  if (buckets.length > mostBuckets)
    throw invalid("granularity", `makes more than ${mostBuckets} points; choose a coarser one`);
  const instants = [startOfDay(from, habits.timeZone), ...buckets.map(({ endsAt }) => endsAt)];
  return { ...habits, from, to, today, now, buckets, instants };
}

/** Where and when the caller works, unless the input says otherwise. */
async function habitsOf(ctx: Ctx, { timeZone, workingDays }: Pick<FigureInput, "timeZone" | "workingDays">) {
  if (timeZone && workingDays) return { timeZone, workingDays };
  const [own] = await ctx.sql.query<{ timeZone: string; workingDays: number[] }>(habitsStatement, [ctx.actor.userId]);
  return {
    timeZone: timeZone ?? own?.timeZone ?? "UTC",
    workingDays: workingDays ?? own?.workingDays ?? mondayToFriday,
  };
}

/** The days from `from` to `to`, cut into days, weeks or months. */
export function bucketsOf(
  from: string,
  to: string,
  granularity: FigureInput["granularity"],
  timeZone: string,
): Bucket[] {
  const found: Bucket[] = [];
  for (let first = from; first <= to; ) {
    const last = lastOf(first, granularity);
    const end = last < to ? last : to;
    const next = addDays(end, 1);
    const startsAt = found.at(-1)?.endsAt ?? startOfDay(first, timeZone);
    found.push({ from: first, to: end, startsAt, endsAt: startOfDay(next, timeZone) });
    first = next;
  }
  return found;
}

function lastOf(first: string, granularity: FigureInput["granularity"]): string {
  if (granularity === "day") return first;
  if (granularity === "week") return addDays(first, 7 - weekdayOf(first));
  const [year, month] = first.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** Nothing can be said of what has not begun. */
export const hasBegun = (bucket: Bucket, { now }: Period): boolean => bucket.startsAt <= now;

/** What every figure's answer says of its period. */
export const periodShape = {
  from: day,
  to: day,
  timeZone: z.string(),
};
export const periodShown = ({ from, to, timeZone }: Period) => ({ from, to, timeZone });

/** Of two instants. */
export const earlier = (one: string, other: string): string => [one, other].sort()[0] as string;

/** The period's end, or now if that comes first. */
export const endOf = ({ instants, now }: Period): string => earlier(instants.at(-1) as string, now);
