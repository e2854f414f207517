import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { ruleBroken } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { organizationDeletion } from "../consequences.ts";
import { id } from "../fields.ts";
import { accessOrganization } from "./organization.access.ts";
import { membershipEnded, organizationDeleted } from "./organization.events.ts";
import { membershipsOf } from "./organization.queries.ts";

export const deleteOrganizationInput = z.object({
  organizationId: id,
  confirm: z.string().max(48).describe("the organization's slug, so that nobody deletes the wrong one"),
});

const deleteStatement = statement("organization.delete", "delete from organizations.organizations where id = $1");

/**
 * Deletes an organization with all its projects, teams and invitations, for good.
 *
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (`confirm` is not the slug)
 */
export const deleteOrganization = (
  ctx: Ctx,
  input: z.output<typeof deleteOrganizationInput>,
): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "organization.delete");
    const organizationId = organization.id;
    if (input.confirm !== organization.slug) {
      throw ruleBroken("organization.confirm", "To delete the organization, send its slug as `confirm`.");
    }
    return organizationDeletion.around(ctx, { organizationId }, async () => {
      const [memberships] = await Promise.all([
        membershipsOf(ctx, organizationId),
        ctx.sql.query(deleteStatement, [organizationId]),
      ]);
      for (const membership of memberships) record(ctx, membershipEnded, membership, null);
      record(ctx, organizationDeleted, organization, null, { revokes: memberships.map(({ userId }) => userId) });
      return { id: organizationId };
    });
  });
