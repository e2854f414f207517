import { v7 } from "uuid";
import { z } from "zod";
import { Member } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { randomSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { userRegistered } from "../auth/auth.events.ts";
import { type UserView, userColumns } from "../auth/auth.view.ts";
import { repeatableSecret } from "../auth/repeatable-secret.ts";
import { record } from "../change.ts";
import { id, name, text } from "../fields.ts";
import { insert } from "../save.ts";
import { requireScopesWithin, scopeList } from "../scopes.ts";
import { accessOrganization, requireMember } from "./organization.access.ts";
import { memberJoined, membershipBegan, serviceAccountCreated } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import type { MembershipView } from "./organization.view.ts";
import { readServiceAccount } from "./service-account.access.ts";
import { expiresInDays, insertSecret, serviceSecretPrefix, type withSecretSchema } from "./service-secret.ts";
import { requireMayGive, roleGiven } from "./update-member-role.ts";

export const createServiceAccountInput = z.object({
  organizationId: id,
  name: name(100),
  description: text(500).default(""),
  role: z.enum(["guest", "member", "admin"]).optional().describe("in the organization; or `roleId`"),
  roleId: id.optional().describe("a composed role; or `role`"),
  scopes: scopeList,
  expiresInDays,
});

const userStatement = statement(
  "service-account.user",
  `insert into auth.users as u (id, kind, email, name, password_hash, created_at, updated_at) values ($1, 'service', $2, $3, $4, $5, $5)
  returning ${userColumns}`,
);
const accountStatement = statement(
  "service-account.insert",
  `insert into organizations.service_accounts (id, organization_id, description, scopes, created_by_id, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $6)`,
);

/**
 * Makes an account for a program: a member of the organization with a role, which signs in by its secret alone.
 *
 * @throws AppError `not-found` | `access.denied` (also for a role or scopes beyond one's own)
 *   | `validation.failed` (not exactly one of role and roleId)
 */
export async function createServiceAccount(
  ctx: Ctx,
  input: z.output<typeof createServiceAccountInput>,
): Promise<z.output<typeof withSecretSchema>> {
  requireScopesWithin(ctx.actor, input.scopes);
  const clientSecret = repeatableSecret(ctx, serviceSecretPrefix);
  const nobodyKnows = await ctx.app.passwords.hash(randomSecret());
  const serviceAccount = await inTransaction(ctx, async (ctx) => {
    const { organization, ...caller } = await accessOrganization(ctx, input.organizationId, "service-account.manage");
    const organizationId = organization.id;
    const given = await roleGiven(ctx, organizationId, input);
    await requireMayGive(ctx, caller, organizationId, given);

    const userId = v7();
    // RFC 2606 §2: nothing is ever delivered there.
    const address = `${userId}@service.invalid`;
    const words = [userId, address, input.name, nobodyKnows, ctx.now];
    const [user] = await ctx.sql.query<UserView>(userStatement, words);
    await insert(ctx, Member, { organizationId, userId, ...given });
    const account = { id: userId, organizationId };
    await ctx.sql.query(accountStatement, [
      ...[userId, organizationId, input.description, input.scopes, ctx.actor.userId, ctx.now],
    ]);
    insertSecret(ctx, account, clientSecret, input.expiresInDays);
    record(ctx, userRegistered, null, user as UserView);
    const membership = await findMembership(ctx, organizationId, userId);
    record(ctx, membershipBegan, null, membership as MembershipView);
    record(ctx, memberJoined, null, await requireMember(ctx, organizationId, userId));
    return record(ctx, serviceAccountCreated, null, await readServiceAccount(ctx, userId));
  });
  return { serviceAccount, clientId: serviceAccount.id, clientSecret };
}
