import { z } from "zod";
import { Role } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id, name, seenVersion, text } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { composition, roleFields } from "./compose-role.ts";
import { accessRole } from "./organization.access.ts";
import { memberRoleChanged, membershipChanged, roleUpdated } from "./organization.events.ts";
import {
  type MembershipView,
  type MemberView,
  memberColumns,
  membershipColumns,
  type RoleView,
} from "./organization.view.ts";

export const updateRoleInput = z.object({
  roleId: id,
  name: name(60).optional(),
  description: text(500).optional(),
  base: roleFields.base.optional(),
  permissions: roleFields.permissions.optional(),
  version: seenVersion,
});

/**
 * Changes the fields that are given. Whoever holds the role may do the new things, and no longer the old ones, from this
 * change on.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (the name is taken)
 *   | `validation.failed` (a permission that the level or the base cannot have)
 */
export const updateRole = (ctx: Ctx, input: z.output<typeof updateRoleInput>): Promise<RoleView> =>
  inTransaction(ctx, async (ctx) => {
    const role = await accessRole(ctx, input.roleId, "role.manage");
    requireSeen(role, input.version);
    if (role.level === "project" && input.base) throw invalid("base", "roles in projects extend viewers");
    const { level, organizationId } = role;
    const { base, permissions } = composition({
      level,
      base: input.base ?? role.base,
      permissions: input.permissions ?? role.permissions,
    });
    const isSame = base === role.base && JSON.stringify(permissions) === JSON.stringify(role.permissions);
    const rename = { name: input.name, description: input.description };
    if (isSame) return record(ctx, roleUpdated, role, await save(ctx, Role, role, rename));

    const before = await holdersOf(ctx, role);
    const userIds = before.map(({ membership }) => membership.userId);
    const scope = level === "project" ? { organizationId } : { organizationId, userIds };
    const updated = await accessChange.around(ctx, scope, async () => {
      const saved = await save(ctx, Role, role, { ...rename, base, permissions });
      if (saved.base !== role.base) await ctx.sql.query(rebaseStatement, [role.id, organizationId, base, ctx.now]);
      return saved;
    });
    await tellHolders(ctx, updated, before);
    return record(ctx, roleUpdated, role, updated);
  });

const rebaseStatement = statement(
  "role.rebase",
  `update organizations.members set role = $3, version = version + 1, updated_at = $4
  where organization_id = $2 and role_id = $1`,
);
const membersStatement = statement(
  "role.members",
  `select ${memberColumns} from organizations.members m join auth.users u on u.id = m.user_id
  where m.organization_id = $2 and m.role_id = $1 order by m.id`,
);
const membershipsStatement = statement(
  "role.memberships",
  `select ${membershipColumns} from organizations.members m join organizations.organizations o on o.id = m.organization_id
  where m.organization_id = $2 and m.role_id = $1 order by m.id`,
);

interface Holder {
  member: MemberView;
  membership: MembershipView;
}

/** Who holds a role in the organization, which must be locked. */
async function holdersOf(ctx: Ctx, { id, organizationId }: RoleView): Promise<Holder[]> {
  const [members, memberships] = await Promise.all([
    ctx.sql.query<MemberView>(membersStatement, [id, organizationId]),
    ctx.sql.query<MembershipView>(membershipsStatement, [id, organizationId]),
  ]);
  return members.map((member, at) => ({ member, membership: memberships[at] as MembershipView }));
}

async function tellHolders(ctx: Ctx, role: RoleView, before: readonly Holder[]): Promise<void> {
  for (const [at, { member, membership }] of (await holdersOf(ctx, role)).entries()) {
    const old = before[at] as Holder;
    record(ctx, membershipChanged, old.membership, membership);
    if (member.role === old.member.role) continue;
    // Guests do not see the organization's people, so they leave its channel.
    const revokes = member.role === "guest" ? [member.userId] : [];
    record(ctx, memberRoleChanged, old.member, member, { revokes });
  }
}
