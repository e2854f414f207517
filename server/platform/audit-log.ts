import { v7 } from "uuid";
import type { PublicCtx } from "../context.ts";
import { type Sql, statement } from "./sql.ts";

/** Something that was done, as the audit log keeps it. */
export interface AuditEntry {
  /** Past tense: `member.role-changed`. */
  readonly action: string;
  /** Whose admins may read it; null: it is about one person's account. */
  readonly organizationId: string | null;
  /** Whom it happened to. */
  readonly subjectId: string | null;
  readonly target: { readonly type: string; readonly id: string | null };
  /** What was so before and is so now. No secrets: views have none. */
  readonly before: object | null;
  readonly after: object | null;
}

const appendStatement = statement(
  "audit.append",
  `insert into auth.audit_entries (id, at, action, organization_id, subject_id, target_type, target_id, before, after,
    actor_id, ip, user_agent, request_id, session_id, api_token_id)
  select e.id, $2, e.action, e.organization_id, e.subject_id, e.target_type, e.target_id, e.before, e.after,
    $10::uuid, $11, $12, $13, $14::uuid, $15::uuid
  from unnest($1::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::json[], $9::json[])
    as e (id, action, organization_id, subject_id, target_type, target_id, before, after)`,
);

/** Adds entries, with who called and from where, by one statement. */
export async function appendToAuditLog(
  sql: Sql,
  { actor, origin, now }: Pick<PublicCtx, "actor" | "origin" | "now">,
  entries: readonly AuditEntry[],
): Promise<void> {
  await sql.query(appendStatement, [
    entries.map(() => v7()),
    now,
    entries.map((entry) => entry.action),
    entries.map((entry) => entry.organizationId),
    entries.map((entry) => entry.subjectId),
    entries.map((entry) => entry.target.type),
    entries.map((entry) => entry.target.id),
    entries.map((entry) => entry.before && JSON.stringify(entry.before)),
    entries.map((entry) => entry.after && JSON.stringify(entry.after)),
    actor?.userId ?? null,
    origin.ip,
    origin.userAgent.slice(0, 500),
    origin.requestId,
    actor?.scopes ? null : (actor?.sessionId ?? null),
    actor?.scopes ? actor.sessionId : null,
  ]);
}
