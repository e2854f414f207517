import { Temporal } from "temporal-polyfill";

/** When somebody is to be left in peace; days and times are those of their time zone. */
export interface Peace {
  /** IANA. */
  readonly timeZone: string;
  /** ISO 8601 weekdays; none: every day is one. */
  readonly workingDays: readonly number[];
  /** `22:00`; null, as `quietTo`, for none. */
  readonly quietFrom: string | null;
  /** Not part of it; earlier than `quietFrom`: on the next day. */
  readonly quietTo: string | null;
  readonly holdDaysOff: boolean;
  readonly digestHour: number;
}

export const noPeace: Omit<Peace, "timeZone" | "workingDays"> = {
  quietFrom: null,
  quietTo: null,
  holdDaysOff: false,
  digestHour: 9,
};

/** The end of quiet hours and days off that an instant is in, or the instant itself. */
export function heldUntil(at: Date, peace: Peace): Date {
  const holdsDays = peace.holdDaysOff && peace.workingDays.length > 0;
  if (!peace.quietFrom && !holdsDays) return at;
  let time = zoned(at, peace);
  // A day off can end in quiet hours, and those on a day off; a week has every day once.
  for (let turn = 0; turn < 16; turn += 1) {
    const later = afterQuietHours(holdsDays ? afterDaysOff(time, peace) : time, peace);
    if (Temporal.ZonedDateTime.compare(later, time) === 0) break;
    time = later;
  }
  return new Date(time.epochMilliseconds);
}

/** When what is due now goes out in a digest: the next full hour or digest hour after it, in no quiet hours. */
export function digestAt(now: Date, mode: "hourly" | "daily", peace: Peace): Date {
  const time = zoned(now, peace);
  if (mode === "hourly") {
    const hour = time.round({ smallestUnit: "hour", roundingMode: "floor" }).add({ hours: 1 });
    return heldUntil(new Date(hour.epochMilliseconds), peace);
  }
  const hour = { hour: peace.digestHour };
  let next = time.toPlainDate().toZonedDateTime({ timeZone: time.timeZoneId, plainTime: hour });
  if (next.epochMilliseconds <= now.getTime())
    next = time.toPlainDate().add({ days: 1 }).toZonedDateTime({ timeZone: time.timeZoneId, plainTime: hour });
  return heldUntil(new Date(next.epochMilliseconds), peace);
}

const zoned = (at: Date, { timeZone }: Peace) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);

function afterDaysOff(time: Temporal.ZonedDateTime, { workingDays }: Peace): Temporal.ZonedDateTime {
  let day = time;
  while (!workingDays.includes(day.dayOfWeek)) day = day.add({ days: 1 }).startOfDay();
  return day;
}

function afterQuietHours(time: Temporal.ZonedDateTime, { quietFrom, quietTo }: Peace): Temporal.ZonedDateTime {
  if (!quietFrom || !quietTo || quietFrom === quietTo) return time;
  const clock = time.toPlainTime().toString({ smallestUnit: "minute" });
  const overnight = quietFrom > quietTo;
  const isQuiet = overnight ? clock >= quietFrom || clock < quietTo : clock >= quietFrom && clock < quietTo;
  if (!isQuiet) return time;
  const day = overnight && clock >= quietFrom ? time.toPlainDate().add({ days: 1 }) : time.toPlainDate();
  const end = day.toPlainDateTime(quietTo);
  const first = end.toZonedDateTime(time.timeZoneId);
  if (!first.toPlainDateTime().equals(end)) return time.getTimeZoneTransition("next") ?? first; // summer time skips it
  // Winter time repeats it: in the second pass, the second one.
  return Temporal.ZonedDateTime.compare(first, time) > 0
    ? first
    : end.toZonedDateTime(time.timeZoneId, { disambiguation: "later" });
}
