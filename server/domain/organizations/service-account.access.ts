import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import type { OrganizationRole } from "../permissions.ts";
import { requireScopesWithin } from "../scopes.ts";
import { accessOrganization, lockOrganization, requireOrganizationPermission } from "./organization.access.ts";
import type { listInOrganizationInput } from "./organization.queries.ts";
import { type ServiceAccountView, serviceAccountColumns } from "./service-account.view.ts";

const readStatement = statement(
  "service-account.access",
  `select ${serviceAccountColumns},
    (select c.role from organizations.members c where c.organization_id = sa.organization_id and c.user_id = $2) as "callerRole"
  from organizations.service_accounts sa where sa.id = $1`,
);
const viewStatement = statement(
  "service-account.read",
  `select ${serviceAccountColumns} from organizations.service_accounts sa where sa.id = $1`,
);

/**
 * The only way to a service account by id. Inside a transaction its organization is locked.
 *
 * @throws AppError `not-found` | `access.denied` (also when it is good for more than the token that calls)
 */
export async function accessServiceAccount(ctx: Ctx, serviceAccountId: string): Promise<ServiceAccountView> {
  const [, [row]] = await Promise.all([
    lockOrganization(ctx, "serviceAccount", serviceAccountId),
    ctx.sql.query<ServiceAccountView & { callerRole: OrganizationRole | null }>(readStatement, [
      serviceAccountId,
      ctx.actor.userId,
    ]),
  ]);
  // Who may not see them cannot tell a hidden one from a missing one.
  if (row?.callerRole === "guest" || row?.callerRole === "member") throw notFound("serviceAccount", serviceAccountId);
  requireOrganizationPermission(row?.callerRole, "service-account.manage", "serviceAccount", serviceAccountId);
  const { callerRole: _, ...account } = row as ServiceAccountView & { callerRole: OrganizationRole };
  requireScopesWithin(ctx.actor, account.scopes);
  return account;
}

/** One that a door was passed to, as it is now. */
export async function readServiceAccount(ctx: Ctx, id: string): Promise<ServiceAccountView> {
  const [account] = await ctx.sql.query<ServiceAccountView>(viewStatement, [id]);
  if (!account) throw notFound("serviceAccount", id);
  return account;
}

const listStatement = statement(
  "service-account.list",
  `select * from (
    select ${serviceAccountColumns} from organizations.service_accounts sa where sa.organization_id = $1
  ) account cross join lateral (select lower(account.name) as "sortText") sorted
  where $2::text is null or ("sortText", id) > ($2, $3::uuid) order by "sortText", id limit $4`,
);

/** The service accounts of an organization, by name. @throws AppError `not-found` | `access.denied` */
export async function listServiceAccounts(ctx: Ctx, input: z.output<typeof listInOrganizationInput>) {
  const place = placeOf(input.cursor);
  await accessOrganization(ctx, input.organizationId, "service-account.manage");
  const values = [input.organizationId, ...place, input.limit + 1];
  return pageFrom(await ctx.sql.query<ServiceAccountView & { sortText: string }>(listStatement, values), input.limit);
}
