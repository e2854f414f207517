import type { PublicCtx } from "../context.ts";
import { type AuditEntry, appendToAuditLog } from "../platform/audit-log.ts";

/** What happened; see `AuditEntry`. */
export interface Audited {
  action: string;
  target: AuditEntry["target"];
  organizationId?: string | null;
  /** Whom it happened to; who is not told of an organization reads it among their own security events. */
  subjectId?: string | null;
  before?: object | null;
  after?: object | null;
}

/**
 * Tells the audit log of something that is no change of the feed. Inside a transaction it is kept if that commits,
 * outside at once. Facts of the feed are audited by saying so in their definition (`audited: true`).
 */
export async function audit(ctx: PublicCtx, audited: Audited): Promise<void> {
  const entry = { organizationId: null, subjectId: null, before: null, after: null, ...audited };
  if (ctx.transaction) ctx.transaction.audits.push(entry);
  else await appendToAuditLog(ctx.sql, ctx, [entry]);
}
