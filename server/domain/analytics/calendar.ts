import { LRUCache } from "lru-cache";
import { Temporal } from "temporal-polyfill";

/** ISO 8601 weekdays, 1 for Monday to 7. */
export const mondayToFriday: readonly number[] = [1, 2, 3, 4, 5];

/** Looked up in the rules of the zone, a day's beginning costs more than the rest of a figure; figures share their days. */
const knownStarts = new LRUCache<string, string>({ max: 20_000 });

/** The instant at which a calendar day begins somewhere; where a clock change skips midnight, the first after it. */
export function startOfDay(day: string, timeZone: string): string {
  const key = `${day} ${timeZone}`;
  const known = knownStarts.get(key);
  if (known !== undefined) return known;
  const start = Temporal.PlainDate.from(day).toZonedDateTime(timeZone).startOfDay().toInstant();
  const text = start.toString({ smallestUnit: "millisecond" });
  knownStarts.set(key, text);
  return text;
}

export const dayOf = (instant: string, timeZone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString();

const msPerDay = 86_400_000;
const numberOf = (day: string) => Date.parse(`${day}T00:00:00Z`) / msPerDay;
const dayAt = (number: number) => new Date(number * msPerDay).toISOString().slice(0, 10);

export const addDays = (day: string, days: number): string => dayAt(numberOf(day) + days);
export const daysBetween = (from: string, to: string): number => numberOf(to) - numberOf(from);
/** 1970-01-01 was a Thursday. */
export const weekdayOf = (day: string): number => ((((numberOf(day) + 3) % 7) + 7) % 7) + 1;

/** How many of the days from one to another, both included, are working days; 0 when they lie the wrong way round. */
export function workingDaysIn(from: string, to: string, workingDays: readonly number[]): number {
  const length = daysBetween(from, to) + 1;
  if (length <= 0) return 0;
  const first = weekdayOf(from);
  const rest = Array.from({ length: length % 7 }, (_, at) => ((first - 1 + at) % 7) + 1);
  return Math.floor(length / 7) * workingDays.length + rest.filter((day) => workingDays.includes(day)).length;
}

/** The day on which the nth working day after `day` falls, not counting it; `day` itself for 0. */
export function addWorkingDays(day: string, count: number, workingDays: readonly number[]): string {
  if (workingDays.length === 0) return addDays(day, count);
  const weeks = Math.max(0, Math.floor(count / workingDays.length) - 1);
  let at = addDays(day, weeks * 7);
  for (let left = count - weeks * workingDays.length; left > 0; ) {
    at = addDays(at, 1);
    if (workingDays.includes(weekdayOf(at))) left -= 1;
  }
  return at;
}
