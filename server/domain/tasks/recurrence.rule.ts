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
  try {
    const start = startsAt.replaceAll(/[-:]/g, "");
    const rruleString = `DTSTART;TZID=${timeZone}:${start}00\nRRULE:${rule}`;
    const next = new RRuleTemporal({ rruleString, strict: true, maxIterations: 2_000 }).next(after);
    return next ? new Date(Temporal.Instant.from(next.toInstant().toString()).epochMilliseconds) : null;
  } catch (error) {
    throw invalid("rule", error instanceof Error ? error.message : "is no rule of RFC 5545.");
  }
}

/** The local day of an instant. */
export const dayIn = (timeZone: string, at: Date): string =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString();
