import { z } from "zod";
import { Member, Organization } from "../../../db/entities/organizations.ts";
import type { Ctx } from "../../context.ts";
import { conflict } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { name } from "../fields.ts";
import { insert } from "../save.ts";
import { requireMember } from "./organization.access.ts";
import { memberJoined, membershipBegan, organizationCreated } from "./organization.events.ts";
import { findMembership } from "./organization.queries.ts";
import type { OrganizationView } from "./organization.view.ts";

/** In addresses: lower-case letters, digits and single hyphens between them. */
export const slug = z
  .string()
  .trim()
  .min(2)
  .max(48)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters and digits, with single hyphens between");

export const createOrganizationInput = z.object({
  name: name(100),
  slug: slug.optional().describe("absent: made from the name"),
});

/**
 * Founds an organization; the caller becomes its owner.
 *
 * @throws AppError `conflict` (the slug is taken)
 */
export const createOrganization = (
  ctx: Ctx,
  input: z.output<typeof createOrganizationInput>,
): Promise<OrganizationView> =>
  inTransaction(ctx, async (ctx) => {
    const slug = await claimSlug(ctx, input.slug, input.name);
    const organization = await insert<Organization, OrganizationView>(ctx, Organization, { name: input.name, slug });
    const organizationId = organization.id;
    await insert(ctx, Member, { organizationId, userId: ctx.actor.userId, role: "owner" });
    record(ctx, organizationCreated, null, organization);
    record(ctx, memberJoined, null, await requireMember(ctx, organizationId, ctx.actor.userId));
    record(ctx, membershipBegan, null, await findMembership(ctx, organizationId, ctx.actor.userId));
    return organization;
  });

const lockSlugStatement = statement(
  "organization.lock-slug",
  "select pg_advisory_xact_lock(hashtextextended('organization.slug ' || $1, 0))",
);
const takenStatement = statement(
  "organization.taken-slugs",
  `select slug from organizations.organizations where slug = $1 or slug ~ ('^' || $1 || '-[0-9]+$')`,
);

/** The given slug, or the first free one of those that the name leads to; two who want the same wait for each other. */
async function claimSlug(ctx: Ctx, given: string | undefined, name: string): Promise<string> {
  const wanted = given ?? slugOf(name);
  const [, rows] = await Promise.all([
    ctx.sql.query(lockSlugStatement, [wanted]),
    ctx.sql.query<{ slug: string }>(takenStatement, [wanted]),
  ]);
  const taken = new Set(rows.map((row) => row.slug));
  if (!taken.has(wanted)) return wanted;
  if (given) throw conflict("This slug is taken.", { slug: given });
  for (let at = 2; ; at += 1) if (!taken.has(`${wanted}-${at}`)) return `${wanted}-${at}`;
}

/** `Ärzte & Söhne` → `arzte-sohne`; leaves room for a number behind it. */
function slugOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return slug.length >= 2 ? slug : "organization";
}
