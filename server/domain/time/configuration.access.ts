import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { accessOrganization } from "../organizations/organization.access.ts";
import type { OrganizationPermission } from "../permissions.ts";
import { type ActivityView, activityColumns, type RateView, rateColumns } from "./time.view.ts";

const doors = {
  activity: {
    organization: statement(
      "activity.organization",
      `select organization_id as "organizationId" from time.activities where id = $1`,
    ),
    read: statement("activity.access", `select ${activityColumns} from time.activities ta where ta.id = $1`),
  },
  rate: {
    organization: statement(
      "rate.organization",
      `select organization_id as "organizationId" from time.rates where id = $1`,
    ),
    read: statement("rate.access", `select ${rateColumns} from time.rates tq where tq.id = $1`),
  },
};

/** By way of its organization, which is locked inside a transaction, and with it all that is configured there. */
async function access<V extends object>(
  ctx: Ctx,
  entity: keyof typeof doors,
  id: string,
  permission: OrganizationPermission,
): Promise<V> {
  const [of] = await ctx.sql.query<{ organizationId: string }>(doors[entity].organization, [id]);
  if (!of) throw notFound(entity, id);
  const hide = (error: { code?: string }) => {
    throw error.code === "not-found" ? notFound(entity, id) : error;
  };
  const [, [row]] = await Promise.all([
    accessOrganization(ctx, of.organizationId, permission).catch(hide),
    ctx.sql.query<V>(doors[entity].read, [id]),
  ]);
  if (!row) throw notFound(entity, id);
  return row;
}

/** The only way to an activity by id. Inside a transaction its organization is locked. */
export const accessActivity = (ctx: Ctx, id: string, permission: OrganizationPermission): Promise<ActivityView> =>
  access<ActivityView>(ctx, "activity", id, permission);

/** The only way to a rate by id. Inside a transaction its organization is locked. */
export const accessRate = (ctx: Ctx, id: string, permission: OrganizationPermission): Promise<RateView> =>
  access<RateView>(ctx, "rate", id, permission);
