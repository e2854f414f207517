import { z } from "zod";
import { Organization } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { slug } from "./create-organization.ts";
import { accessOrganization } from "./organization.access.ts";
import { membershipChanged, organizationUpdated } from "./organization.events.ts";
import { membershipsOf } from "./organization.queries.ts";
import type { OrganizationView } from "./organization.view.ts";

export const updateOrganizationInput = z.object({
  organizationId: id,
  name: name(100).optional(),
  slug: slug.optional(),
  version: seenVersion,
});

/**
 * Changes the fields that are given.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `conflict` (the slug is taken)
 */
export const updateOrganization = (
  ctx: Ctx,
  input: z.output<typeof updateOrganizationInput>,
): Promise<OrganizationView> =>
  inTransaction(ctx, async (ctx) => {
    const { organization } = await accessOrganization(ctx, input.organizationId, "organization.update");
    requireSeen(organization, input.version);

    const memberships = await membershipsOf(ctx, organization.id);
    const updated = await save(ctx, Organization, organization, { name: input.name, slug: input.slug });

    const { name, slug } = updated;
    for (const membership of memberships) record(ctx, membershipChanged, membership, { ...membership, name, slug });
    return record(ctx, organizationUpdated, organization, updated);
  });
