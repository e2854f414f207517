import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { id, instant, page, pageOf } from "../fields.ts";
import { accessOrganization } from "./organization.access.ts";

export const auditEntryViewSchema = z
  .object({
    id: z.uuid(),
    at: instant,
    action: z.string().describe("what was done, such as `member.role-changed`"),
    organizationId: z.uuid().nullable(),
    actorId: z.uuid().nullable().describe("null: the server itself, or somebody who did not prove who they are"),
    actorName: z.string().nullable().describe("as it is today"),
    subjectId: z.uuid().nullable().describe("whom it happened to"),
    targetType: z.string(),
    targetId: z.uuid().nullable(),
    before: z.record(z.string(), z.unknown()).nullable().describe("what was so before; of a change, what it changed"),
    after: z.record(z.string(), z.unknown()).nullable(),
    ip: z.string(),
    userAgent: z.string(),
    requestId: z.string(),
    sessionId: z.uuid().nullable(),
    apiTokenId: z.uuid().nullable().describe("of the API token that acted"),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntryView = z.output<typeof auditEntryViewSchema>;
export const auditPageSchema = pageOf(auditEntryViewSchema);

const columns = `a.id, a.at, a.action, a.organization_id as "organizationId", a.actor_id as "actorId", u.name as "actorName",
  a.subject_id as "subjectId", a.target_type as "targetType", a.target_id as "targetId", a.before, a.after, a.ip,
  a.user_agent as "userAgent", a.request_id as "requestId", a.session_id as "sessionId", a.api_token_id as "apiTokenId"`;

const filter = {
  actions: z.array(z.string().max(64)).min(1).max(50).optional().describe("only these"),
  actorId: id.optional(),
  subjectId: id.optional(),
  targetType: z.string().max(64).optional(),
  targetId: id.optional(),
  from: instant.optional().describe("this instant or later"),
  to: instant.optional().describe("before this instant"),
};
const conditions = `($2::uuid is null or a.id < $2) and ($3::text[] is null or a.action = any($3)) and ($4::uuid is null or a.actor_id = $4)
  and ($5::uuid is null or a.subject_id = $5) and ($6::text is null or a.target_type = $6) and ($7::uuid is null or a.target_id = $7)
  and ($8::timestamptz is null or a.at >= $8) and ($9::timestamptz is null or a.at < $9)
  order by a.id desc limit $10`;

const ofOrganizationStatement = statement(
  "audit.of-organization",
  `select ${columns} from auth.audit_entries a left join auth.users u on u.id = a.actor_id where a.organization_id = $1 and ${conditions}`,
);
const ofPersonStatement = statement(
  "audit.of-person",
  `select ${columns} from auth.audit_entries a left join auth.users u on u.id = a.actor_id
  where a.subject_id = $1 and a.organization_id is null and ${conditions}`,
);

export const exportAuditInput = z.strictObject({ organizationId: id, ...filter });
export const listAuditInput = exportAuditInput.extend(page);
export const listOwnAuditInput = z.strictObject({
  ...page,
  actions: filter.actions,
  from: filter.from,
  to: filter.to,
});

type Filter = Partial<Omit<z.output<typeof listAuditInput>, "organizationId" | "limit">>;

function valuesOf(of: string, wanted: Filter, limit: number): unknown[] {
  const { cursor = null, actions = null, actorId = null, subjectId = null } = wanted;
  const { targetType = null, targetId = null, from = null, to = null } = wanted;
  if (cursor !== null && !z.uuid().safeParse(cursor).success) {
    throw invalid("cursor", "must be a nextCursor of this list");
  }
  return [of, cursor, actions, actorId, subjectId, targetType, targetId, from, to, limit];
}

function pageFrom(found: AuditEntryView[], limit: number): z.output<typeof auditPageSchema> {
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/**
 * What was done in an organization, the latest first.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function listAudit(ctx: Ctx, { organizationId, limit, ...wanted }: z.output<typeof listAuditInput>) {
  await accessOrganization(ctx, organizationId, "audit.read");
  const values = valuesOf(organizationId, wanted, limit + 1);
  return pageFrom(await ctx.sql.query<AuditEntryView>(ofOrganizationStatement, values), limit);
}

/** What happened to the caller's account, the latest first: sign-ins, failed ones too, and what changed in it. */
export async function listOwnAudit(ctx: Ctx, { limit, ...wanted }: z.output<typeof listOwnAuditInput>) {
  const values = valuesOf(ctx.actor.userId, wanted, limit + 1);
  return pageFrom(await ctx.sql.query<AuditEntryView>(ofPersonStatement, values), limit);
}

const exportedAtOnce = 1_000;

/**
 * All that `listAudit` would list, in batches; the right to read is asked anew for each.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function* exportAudit(
  ctx: Ctx,
  { organizationId, ...wanted }: z.output<typeof exportAuditInput>,
): AsyncGenerator<AuditEntryView[]> {
  for (let cursor: string | undefined; ; ) {
    await accessOrganization(ctx, organizationId, "audit.read");
    const values = valuesOf(organizationId, { ...wanted, ...(cursor ? { cursor } : {}) }, exportedAtOnce);
    const entries = await ctx.sql.query<AuditEntryView>(ofOrganizationStatement, values);
    yield entries;
    cursor = entries.at(-1)?.id;
    if (entries.length < exportedAtOnce || !cursor) return;
  }
}
