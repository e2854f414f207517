import { expect, test } from "vitest";
import { clockSpan, dayOf, roundedMinutes, weekOf } from "./time.calendar.ts";

test.for([
  ["2026-03-28T23:30:00.000Z", "Europe/Berlin", "2026-03-29"],
  ["2026-03-28T22:30:00.000Z", "Europe/Berlin", "2026-03-28"],
  ["2026-01-01T02:00:00.000Z", "America/Los_Angeles", "2025-12-31"],
  ["2026-01-01T11:00:00.000Z", "Pacific/Kiritimati", "2026-01-02"],
] as const)("%s is in %s on %s", ([instant, zone, day]) => {
  expect(dayOf(instant, zone)).toBe(day);
});

test.for([
  ["2026-11-25", 1, "2026-11-23", "2026-11-29"],
  ["2026-11-23", 1, "2026-11-23", "2026-11-29"],
  ["2026-11-22", 1, "2026-11-16", "2026-11-22"],
  ["2026-11-22", 7, "2026-11-22", "2026-11-28"],
  ["2027-01-01", 6, "2026-12-26", "2027-01-01"],
] as const)("the week that holds %s and begins on weekday %i is %s to %s", ([day, first, startsOn, endsOn]) => {
  expect(weekOf(day, first)).toEqual({ startsOn, endsOn });
});

const minutesOf = ({ startedAt, endedAt }: { startedAt: string; endedAt: string }) =>
  (Date.parse(endedAt) - Date.parse(startedAt)) / 60_000;

test.for([
  ["an ordinary day", "2026-02-10", "09:00", "17:30", 510],
  ["over midnight", "2026-02-10", "22:00", "06:00", 480],
  ["the night that loses an hour", "2026-03-28", "22:00", "06:00", 420],
  ["the night that gains one", "2026-10-24", "22:00", "06:00", 540],
  ["an hour that does not exist means the one after", "2026-03-29", "02:30", "04:00", 30],
  ["an hour that comes twice means the first", "2026-10-25", "02:30", "03:30", 120],
] as const)("a span on the clock, %s", ([, day, from, to, minutes]) => {
  expect(minutesOf(clockSpan(day, from, to, "Europe/Berlin"))).toBe(minutes);
});

test.for([
  ["up", 15, 16, 30],
  ["down", 15, 29, 15],
  ["nearest", 15, 22, 15],
  ["nearest", 15, 23, 30],
  ["down", 15, 3, 15], // never to nothing
  ["up", 1, 0.2, 1],
  ["up", 7, 1439, 1440], // nor to more than a day
] as const)("rounded %s to %i minutes, %f minutes are %i", ([rounding, roundingMinutes, minutes, rounded]) => {
  expect(roundedMinutes(minutes * 60_000, { rounding, roundingMinutes })).toBe(rounded);
});
