import { z } from "zod";
import { Rate } from "../../../db/entities/time.ts";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { day, id, page, seenVersion } from "../fields.ts";
import { accessOrganization, requireMember } from "../organizations/organization.access.ts";
import { accessProject } from "../projects/project.access.ts";
import { insert, requireSeen, save } from "../save.ts";
import { accessRate } from "./configuration.access.ts";
import { rateCreated, rateDeleted, rateUpdated } from "./time.events.ts";
import { defaultRules, findTimeSettings, requireOpenPeriod } from "./time.rules.ts";
import { type RateView, rateColumns } from "./time.view.ts";

/** Alphabetic codes of ISO 4217, as far as this runtime knows them. */
const currencies = new Set(Intl.supportedValuesOf("currency"));
const currency = z
  .string()
  .length(3)
  .refine((code) => currencies.has(code), "must be a code of ISO 4217 such as EUR");
const amountMinorPerHour = z.int().min(0).max(1_000_000_000);

export const createRateInput = z.object({
  organizationId: id,
  projectId: id.nullable().default(null).describe("null: in all projects"),
  userId: id.nullable().default(null).describe("null: of all people"),
  startsOn: day,
  amountMinorPerHour: amountMinorPerHour.describe("in the currency's minor unit, such as cents"),
  currency: currency.describe("ISO 4217"),
});

async function requireOpenFor(ctx: Ctx, organizationId: string, ...days: string[]): Promise<void> {
  const rules = (await findTimeSettings(ctx, organizationId)) ?? defaultRules;
  for (const startsOn of days) requireOpenPeriod(rules, startsOn);
}

/**
 * Says what an hour is worth from a day on. The one for a person in a project goes before the one for the project, then
 * the person, then all.
 *
 * @throws AppError `not-found` (organization, project, person) | `access.denied` | `conflict` (there is one from this day on)
 *   | `rule.broken` (`time.closed`)
 */
export const createRate = (ctx: Ctx, input: z.output<typeof createRateInput>): Promise<RateView> =>
  inTransaction(ctx, async (ctx) => {
    const { organizationId, projectId, userId } = input;
    await accessOrganization(ctx, organizationId, "rate.manage");
    const project = projectId ? await accessProject(ctx, projectId, "project.read") : null;
    if (project && project.organizationId !== organizationId) throw notFound("project", project.id);
    if (userId) await requireMember(ctx, organizationId, userId);
    await requireOpenFor(ctx, organizationId, input.startsOn);
    return record(ctx, rateCreated, null, await insert<Rate, RateView>(ctx, Rate, input));
  });

export const updateRateInput = z.object({
  rateId: id,
  startsOn: day.optional(),
  amountMinorPerHour: amountMinorPerHour.optional(),
  currency: currency.optional(),
  version: seenVersion,
});

/** @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (there is one from this day on) | `rule.broken` (`time.closed`) */
export const updateRate = (ctx: Ctx, input: z.output<typeof updateRateInput>): Promise<RateView> =>
  inTransaction(ctx, async (ctx) => {
    const before = await accessRate(ctx, input.rateId, "rate.manage");
    requireSeen(before, input.version);
    const { rateId: _, version: __, ...wanted } = input;
    await requireOpenFor(ctx, before.organizationId, before.startsOn, wanted.startsOn ?? before.startsOn);
    return record(ctx, rateUpdated, before, await save(ctx, Rate, before, wanted));
  });

export const deleteRateInput = z.object({ rateId: id });
const deleteStatement = statement("rate.delete", "delete from time.rates where id = $1");

/** @throws AppError `not-found` (also when repeated) | `access.denied` | `rule.broken` (`time.closed`) */
export const deleteRate = (ctx: Ctx, input: z.output<typeof deleteRateInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const rate = await accessRate(ctx, input.rateId, "rate.manage");
    await requireOpenFor(ctx, rate.organizationId, rate.startsOn);
    write(ctx, deleteStatement, [rate.id]);
    record(ctx, rateDeleted, rate, null);
    return { id: rate.id };
  });

export const listRatesInput = z.strictObject({
  organizationId: id,
  projectId: id.optional(),
  userId: id.optional(),
  ...page,
});

const listStatement = statement(
  "rate.list",
  `select ${rateColumns}, tq.starts_on::text as "sortText" from time.rates tq
  where tq.organization_id = $1 and ($2::uuid is null or tq.project_id = $2) and ($3::uuid is null or tq.user_id = $3)
    and ($4::text is null or (tq.starts_on, tq.id) < ($4::date, $5::uuid))
  order by tq.starts_on desc, tq.id desc limit $6`,
);

/** Rates and their history, the latest first. @throws AppError `not-found` | `access.denied` | `validation.failed` (cursor) */
export async function listRates(ctx: Ctx, input: z.output<typeof listRatesInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "time.read-money");
  const { organizationId, projectId = null, userId = null, limit } = input;
  const values = [organizationId, projectId, userId, ...place, limit + 1];
  return pageFrom(await ctx.sql.query<RateView & { sortText: string }>(listStatement, values), limit);
}
