import { Temporal } from "temporal-polyfill";

/** A day some days later, or earlier. */
export const daysLater = (day: string, days: number): string => Temporal.PlainDate.from(day).add({ days }).toString();

/** Days from one day to another. */
export const daysBetween = (from: string, to: string): number =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: "days" }).days;
