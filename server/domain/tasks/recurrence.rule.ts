import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";
import { invalid } from "../../errors.ts";

/** When something comes again. */
export interface Rhythm {
  /** A recurrence rule (RFC 5545 §3.3.10): `FREQ=WEEKLY;BYDAY=MO,TH`. */
  rule: string;
  /** Local date and time, `2026-01-05T09:00`: where it begins, and its time of day. */
  startsAt: string;
  timeZone: string;
}

/** Steps that are looked at, so that a rule which never occurs (30 February) ends. The library wants more of them than a rule counts. */
const mostSteps = { free: 2_000, counted: 10_000 };

/** At most once a day: the time is that of the start. */
const frequencies = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const parts = /^(FREQ|INTERVAL|COUNT|UNTIL|BYDAY|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYMONTH|BYSETPOS|WKST)=[A-Z0-9,+-]+$/;

/**
 * The first occurrence after an instant; null when there is none any more. Local times that a change of summer time
 * leaves out do not occur (RFC 5545 §3.3.10), and of those that it repeats the first one does.
 *
 * @throws AppError `validation.failed` for what is no such rule, or never occurs
 */
export function nextOccurrence({ rule, startsAt, timeZone }: Rhythm, after: Date): Date | null {
  const asked = rule.split(";");
  const frequency = asked.find((part) => part.startsWith("FREQ="))?.slice(5) ?? "";
  if (!asked.every((part) => parts.test(part)) || !frequencies.includes(frequency))
    throw invalid("rule", "must be a rule of RFC 5545 with a FREQ from DAILY to YEARLY and no times.");
  if (!isDateTime(startsAt)) throw invalid("startsAt", "must be a day of the calendar with a time.");
  const count = Number(asked.find((part) => part.startsWith("COUNT="))?.slice(6) ?? 0);
  if (count >= mostSteps.counted) throw invalid("rule", `must count fewer than ${mostSteps.counted} occurrences.`);
  const maxIterations = count > 0 ? mostSteps.counted : mostSteps.free;
  try {
    const start = startsAt.replaceAll(/[-:]/g, "");
    const rruleString = `DTSTART;TZID=${timeZone}:${start}00\nRRULE:${rule}`;
    const next = new RRuleTemporal({ rruleString, strict: true, maxIterations }).next(after);
    return next ? new Date(Temporal.Instant.from(next.toInstant().toString()).epochMilliseconds) : null;
  } catch (error) {
    const { message } = error as Error;
    throw invalid("rule", message.startsWith("Maximum iterations") ? "never occurs, or too seldom." : message);
  }
}

function isDateTime(text: string): boolean {
  try {
    return Temporal.PlainDateTime.from(text) !== undefined;
  } catch {
    return false;
  }
}

/** The local day of an instant. */
export const dayIn = (timeZone: string, at: Date): string =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString();
