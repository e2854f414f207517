import type { PublicCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { email } from "../fields.ts";
import type { OrganizationRole } from "../permissions.ts";
import { changeRole } from "./change-role.ts";
import { lockOrganization, requireMember } from "./organization.access.ts";
import type { MemberView } from "./organization.view.ts";

/* What only an operator of the server does, on its command line; no procedure leads here. */

const organizationStatement = statement(
  "administer.organization",
  "select id from organizations.organizations where slug = $1",
);
const userStatement = statement("administer.member", "select id from auth.users where email = $1");

/**
 * Makes a member of an organization what a role of the built-in ones says, as its owners could: for an organization whose
 * owners are gone. The last owner stays one.
 *
 * @param to.slug of the organization
 * @throws AppError `not-found` (organization, account, or no member) | `rule.broken` (last owner, or an owner that is a
 *   program)
 */
export const giveRole = (
  ctx: PublicCtx,
  to: { slug: string; email: string },
  role: OrganizationRole,
): Promise<MemberView> =>
  inTransaction(ctx, async (ctx) => {
    const [organization] = await ctx.sql.query<{ id: string }>(organizationStatement, [to.slug]);
    if (!organization) throw notFound("organization");
    const [user] = await ctx.sql.query<{ id: string }>(userStatement, [email.parse(to.email)]);
    if (!user) throw notFound("user");
    await lockOrganization(ctx, "organization", organization.id);
    const member = await requireMember(ctx, organization.id, user.id);
    return changeRole(ctx, member, { role, roleId: null });
  });
