import { z } from "zod";
import { TimeSettings } from "../../../db/entities/time.ts";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { declareJob, enqueue } from "../../platform/jobs.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { day, id, seenVersion } from "../fields.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import { insert, requireSeen, save } from "../save.ts";
import { timeClosed, timeSettingsCreated, timeSettingsUpdated } from "./time.events.ts";
import { defaultRules, findTimeSettings } from "./time.rules.ts";
import { overlapRules, roundings, type TimeSettingsView, timeSettingsViewSchema } from "./time.view.ts";

export const updateTimeSettingsInput = z.object({
  organizationId: id,
  overlap: z.enum(overlapRules).optional().describe("of time from now on"),
  rounding: z.enum(roundings).optional().describe("of time from now on"),
  roundingMinutes: z.int().min(1).max(60).optional(),
  ownApproval: z.boolean().optional(),
  lockAfterDays: z.int().min(0).max(365).nullable().optional(),
  version: seenVersion,
});

/** What an organization has until it changes something; it has no version then. */
export const timeRulesSchema = timeSettingsViewSchema
  .omit({ id: true, createdAt: true, updatedAt: true, version: true })
  .extend({
    version: z.int().nullable().describe("null: the defaults hold"),
  });

/** @throws AppError `not-found` */
export async function getTimeSettings(
  ctx: Ctx,
  input: { organizationId: string },
): Promise<z.output<typeof timeRulesSchema>> {
  await accessOrganization(ctx, input.organizationId, "organization.read");
  const settings = await findTimeSettings(ctx, input.organizationId);
  if (!settings) return { organizationId: input.organizationId, ...defaultRules, version: null };
  const { id: _, createdAt: __, updatedAt: ___, ...rules } = settings;
  return rules;
}

type Wanted = Partial<Omit<TimeSettingsView, "id" | "organizationId" | "createdAt" | "updatedAt" | "version">>;

/** The first time, all of them are written down. The organization must be locked. */
async function saveSettings(
  ctx: Ctx,
  organizationId: string,
  wanted: Wanted,
  { version, fact }: { version?: number | undefined; fact: typeof timeSettingsUpdated | typeof timeClosed },
): Promise<TimeSettingsView> {
  const before = await findTimeSettings(ctx, organizationId);
  if (before) {
    requireSeen(before, version);
    return record(ctx, fact, before, await save(ctx, TimeSettings, before, wanted));
  }
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const row = { id: organizationId, organizationId, ...defaultRules, ...given };
  return record(ctx, timeSettingsCreated, null, await insert<TimeSettings, TimeSettingsView>(ctx, TimeSettings, row));
}

/**
 * Changes how time counts from now on; what was booked stays as it is.
 *
 * @throws AppError `not-found` | `access.denied` | `stale`
 */
export const updateTimeSettings = (
  ctx: Ctx,
  { organizationId, version, ...wanted }: z.output<typeof updateTimeSettingsInput>,
): Promise<TimeSettingsView> =>
  inTransaction(ctx, async (ctx) => {
    await accessOrganization(ctx, organizationId, "time.configure");
    return saveSettings(ctx, organizationId, wanted, { version, fact: timeSettingsUpdated });
  });

export const closeTimeInput = z.object({
  organizationId: id,
  closedUntil: day.describe("this day and all before it"),
  version: seenVersion,
});

/** Locks the sheets of closed periods. */
export const lockSheetsJob = declareJob({ name: "time.lock-sheets", input: z.object({ organizationId: z.uuid() }) });

/**
 * Closes all time up to a day, for good: no time of it can be booked, changed or deleted from now on, nor what it is
 * worth. Its sheets are locked soon after. Repeated, it changes nothing.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (closed further already; today or later, UTC)
 */
export const closeTime = (ctx: Ctx, input: z.output<typeof closeTimeInput>): Promise<TimeSettingsView> =>
  inTransaction(ctx, async (ctx) => {
    const { organizationId, closedUntil, version } = input;
    await accessOrganization(ctx, organizationId, "time.close");
    const before = await findTimeSettings(ctx, organizationId);
    if (before?.closedUntil && before.closedUntil > closedUntil)
      throw ruleBroken("time.closed", "What is closed stays closed.", { closedUntil: before.closedUntil });
    if (closedUntil >= ctx.now.toISOString().slice(0, 10))
      throw ruleBroken("time.not-over", "Only days that are over can be closed.");
    enqueue(ctx, lockSheetsJob, { organizationId }, { key: organizationId });
    return saveSettings(ctx, organizationId, { closedUntil }, { version, fact: timeClosed });
  });
