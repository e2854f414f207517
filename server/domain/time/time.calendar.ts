import { Temporal } from "temporal-polyfill";
import type { TimeSettingsView } from "./time.view.ts";

/** The calendar day of an instant where somebody is. @param timeZone IANA */
export const dayOf = (instant: string, timeZone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** The week that holds a day. @param weekStartsOn ISO 8601 weekday, 1 for Monday to 7 */
export function weekOf(day: string, weekStartsOn: number): { startsOn: string; endsOn: string } {
  const date = Temporal.PlainDate.from(day);
  const first = date.subtract({ days: (date.dayOfWeek - weekStartsOn + 7) % 7 });
  return { startsOn: first.toString(), endsOn: first.add({ days: 6 }).toString() };
}

/**
 * From one hour of a clock on the wall to another, on a day and perhaps into the next. An hour that summer time skips
 * means the one after it, one that it repeats the first (Temporal's `compatible`).
 */
export function clockSpan(
  day: string,
  from: string,
  to: string,
  timeZone: string,
): { startedAt: string; endedAt: string } {
  const at = (date: Temporal.PlainDate, time: string) =>
    date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).toInstant();
  const date = Temporal.PlainDate.from(day);
  const intoNextDay = Temporal.PlainTime.compare(to, from) <= 0;
  const iso = (instant: Temporal.Instant) => instant.toString({ fractionalSecondDigits: 3 });
  return { startedAt: iso(at(date, from)), endedAt: iso(at(intoNextDay ? date.add({ days: 1 }) : date, to)) };
}

/** What one entry can hold: a day. */
export const longestMinutes = 24 * 60;

/** Rounds as the organization does; never to nothing, nor to more than a day. */
export function roundedMinutes(
  milliseconds: number,
  { rounding, roundingMinutes }: Pick<TimeSettingsView, "rounding" | "roundingMinutes">,
): number {
  const units = milliseconds / 60_000 / roundingMinutes;
  const whole = { up: Math.ceil, nearest: Math.round, down: Math.floor }[rounding](units);
  return Math.min(longestMinutes, Math.max(1, whole) * roundingMinutes);
}
