import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestAt, heldUntil, type Peace } from "./quiet-hours.ts";

const berlin: Peace = {
  timeZone: "Europe/Berlin",
  workingDays: [1, 2, 3, 4, 5],
  quietFrom: "22:00",
  quietTo: "07:00",
  holdDaysOff: false,
  digestHour: 9,
};
const held = (at: string, change: Partial<Peace> = {}) =>
  heldUntil(new Date(at), { ...berlin, ...change }).toISOString();

/* 2026: Berlin is UTC+1 until 29 March, 02:00, and again from 25 October, 03:00; in between UTC+2. */
describe("quiet hours", () => {
  const night = { quietFrom: "23:00", quietTo: "02:30" };
  const cases: [string, string, Partial<Peace>, string][] = [
    ["by day nothing is held", "2026-01-14T12:00:00.000Z", {}, "2026-01-14T12:00:00.000Z"],
    ["in the evening, until tomorrow", "2026-01-14T22:30:00.000Z", {}, "2026-01-15T06:00:00.000Z"],
    ["in the early morning, until today", "2026-01-15T03:00:00.000Z", {}, "2026-01-15T06:00:00.000Z"],
    ["they begin at their first minute", "2026-01-14T21:00:00.000Z", {}, "2026-01-15T06:00:00.000Z"],
    ["and are over at their last", "2026-01-15T06:00:00.000Z", {}, "2026-01-15T06:00:00.000Z"],
    [
      "within one day",
      "2026-01-14T12:00:00.000Z",
      { quietFrom: "12:30", quietTo: "14:00" },
      "2026-01-14T13:00:00.000Z",
    ],
    ["a night that summer time shortens", "2026-03-28T22:30:00.000Z", {}, "2026-03-29T05:00:00.000Z"],
    ["a night that winter time prolongs", "2026-10-24T21:30:00.000Z", {}, "2026-10-25T06:00:00.000Z"],
    ["an end that summer time skips", "2026-03-29T00:30:00.000Z", night, "2026-03-29T01:00:00.000Z"],
    ["an end that comes twice, seen before both", "2026-10-25T00:15:00.000Z", night, "2026-10-25T00:30:00.000Z"],
    ["an end that comes twice, seen in between", "2026-10-25T01:15:00.000Z", night, "2026-10-25T01:30:00.000Z"],
  ];
  test.for(cases)("%s", ([, at, change, until]) => {
    expect(held(at, change)).toBe(until);
  });
});

describe("days off", () => {
  const rest = { holdDaysOff: true };
  test("hold until the next working day, and then for the rest of the night", () => {
    expect(held("2026-01-17T12:00:00.000Z", rest)).toBe("2026-01-19T06:00:00.000Z"); // Saturday: Monday
    expect(held("2026-01-16T22:00:00.000Z", rest)).toBe("2026-01-19T06:00:00.000Z"); // Friday night, too
    expect(held("2026-01-17T12:00:00.000Z", { ...rest, quietFrom: null, quietTo: null })).toBe(
      "2026-01-18T23:00:00.000Z",
    );
  });
  test("are none where no day is a working day, or nobody asked", () => {
    expect(held("2026-01-17T12:00:00.000Z", { ...rest, workingDays: [] })).toBe("2026-01-17T12:00:00.000Z");
    expect(held("2026-01-17T12:00:00.000Z")).toBe("2026-01-17T12:00:00.000Z");
  });
});

describe("digests", () => {
  const digest = (at: string, mode: "hourly" | "daily", change: Partial<Peace> = {}) =>
    digestAt(new Date(at), mode, { ...berlin, ...change }).toISOString();
  test("come at the person's next full hour", () => {
    expect(digest("2026-01-14T12:05:00.000Z", "hourly")).toBe("2026-01-14T13:00:00.000Z");
    expect(digest("2026-01-14T12:05:00.000Z", "hourly", { timeZone: "Asia/Kolkata" })).toBe("2026-01-14T12:30:00.000Z");
    expect(digest("2026-01-14T20:30:00.000Z", "hourly")).toBe("2026-01-15T06:00:00.000Z"); // into the night
  });
  test("or at their digest hour, on a working day", () => {
    expect(digest("2026-01-14T07:59:00.000Z", "daily")).toBe("2026-01-14T08:00:00.000Z");
    expect(digest("2026-01-14T08:00:00.000Z", "daily")).toBe("2026-01-15T08:00:00.000Z");
    expect(digest("2026-01-16T12:00:00.000Z", "daily", { holdDaysOff: true })).toBe("2026-01-19T06:00:00.000Z");
  });
});

const zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"];
const clock = fc.integer({ min: 0, max: 95 }).map((quarter) => {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`;
});
const anyPeace: fc.Arbitrary<Peace> = fc.record({
  timeZone: fc.constantFrom(...zones),
  workingDays: fc.uniqueArray(fc.integer({ min: 1, max: 7 })),
  quietFrom: clock,
  quietTo: clock,
  holdDaysOff: fc.boolean(),
  digestHour: fc.integer({ min: 0, max: 23 }),
});
/** Also around the changes of those clocks. */
const changes = [
  "2026-03-29T01:00Z",
  "2026-10-25T01:00Z",
  "2026-03-08T05:30Z",
  "2026-11-01T04:30Z",
  "2026-04-04T15:00Z",
  "2026-10-03T15:30Z",
];
const nearChange = fc
  .tuple(fc.constantFrom(...changes), fc.integer({ min: -600, max: 600 }))
  .map(([at, minutes]) => new Date(Date.parse(at) + minutes * 60_000));
const anyDay = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-01-01"), noInvalidDate: true });
const anyInstant = fc.oneof(nearChange, anyDay);

test("what is held comes later, ends in peace, and is held no longer than a week and a day", () => {
  fc.assert(
    fc.property(anyInstant, anyPeace, (at, peace) => {
      const until = heldUntil(at, peace);
      expect(until.getTime()).toBeGreaterThanOrEqual(at.getTime());
      expect(until.getTime() - at.getTime()).toBeLessThanOrEqual(8 * 86_400_000);
      expect(heldUntil(until, peace)).toEqual(until);
    }),
    { numRuns: 1_000 },
  );
});
