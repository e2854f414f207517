import type { PublicCtx } from "../context.ts";
import { statement } from "../platform/sql.ts";
import { inTransaction } from "../transaction.ts";

const batch = 2_000;

// The trigger of the table lets nobody else delete, nor anything younger than ninety days.
const allowStatement = statement("audit.allow-retention", "select set_config('taskwire.audit_retention', 'on', true)");
const forgetStatement = statement(
  "audit.forget",
  `delete from auth.audit_entries where id = any(array(
    select id from auth.audit_entries where at < $1 and at < now() - interval '90 days' limit ${batch}))
  returning 1`,
);

/** Removes the audit log's entries older than AUDIT_RETENTION_DAYS; without that setting, none. */
export async function forgetAudits(ctx: PublicCtx): Promise<void> {
  const days = ctx.app.config.AUDIT_RETENTION_DAYS;
  if (days === undefined) return;
  const before = new Date(ctx.now.getTime() - days * 86_400_000);
  for (let removed = batch; removed === batch; ) {
    removed = await inTransaction(ctx, async (ctx) => {
      const [, rows] = await Promise.all([ctx.sql.query(allowStatement), ctx.sql.query(forgetStatement, [before])]);
      return rows.length;
    });
  }
}
