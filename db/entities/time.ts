import { defineEntity, p } from "@mikro-orm/core";
import { mutable } from "./base.ts";

const TimeSettingsSchema = defineEntity({
  name: "TimeSettings",
  schema: "time",
  tableName: "settings",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    overlap: p.string().$type<"allowed" | "refused">(),
    rounding: p.string().$type<"up" | "nearest" | "down">(),
    roundingMinutes: p.integer(),
    ownApproval: p.boolean(),
    lockAfterDays: p.integer().nullable(),
    closedUntil: p.date().nullable(),
  },
});
export class TimeSettings extends TimeSettingsSchema.class {}
TimeSettingsSchema.setClass(TimeSettings);

const ActivitySchema = defineEntity({
  name: "Activity",
  schema: "time",
  tableName: "activities",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    name: p.text(),
    billable: p.boolean(),
    archivedAt: p.datetime().nullable(),
  },
});
export class Activity extends ActivitySchema.class {}
ActivitySchema.setClass(Activity);

const RateSchema = defineEntity({
  name: "Rate",
  schema: "time",
  tableName: "rates",
  properties: {
    ...mutable,
    organizationId: p.uuid(),
    projectId: p.uuid().nullable(),
    userId: p.uuid().nullable(),
    startsOn: p.date(),
    amountMinorPerHour: p.integer(),
    currency: p.text(),
  },
});
export class Rate extends RateSchema.class {}
RateSchema.setClass(Rate);
