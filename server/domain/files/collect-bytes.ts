import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { thumbnailKey } from "./download.ts";

const batch = 100;

/* Its trigger writes down what is to be removed from the store, in the same transaction. */
const unreferencedStatement = statement(
  "blob.collect",
  `delete from files.blobs where (id, organization_id) in (
    select b.id, b.organization_id from files.blobs b
    where not exists (select from files.versions v where v.blob_id = b.id)
    limit ${batch} for update skip locked)
  returning id`,
);
/* What began before an upload expired may go on for a while. */
const expiredStatement = statement(
  "upload.collect",
  `delete from files.uploads where (id, organization_id) in (
    select u.id, u.organization_id from files.uploads u
    where u.expires_at < now() - interval '1 hour' limit ${batch} for update skip locked)
  returning id`,
);
const dueStatement = statement(
  "garbage.due",
  `select g.object_key as "objectKey" from files.garbage g
  where g.due_at <= now() and g.object_key > $1
    and not exists (select from files.blobs b where b.object_key = g.object_key)
  order by g.object_key limit ${batch}`,
);
const removedStatement = statement("garbage.removed", "delete from files.garbage where object_key = $1");

/**
 * Removes bytes that nothing refers to, and what interrupted uploads left. What is to be removed is written down before
 * it is, and forgotten after: a crash in between costs a repetition.
 *
 * @throws AppError `upstream.down` (store)
 */
export async function collectBytes(ctx: PublicCtx): Promise<void> {
  const { store, sql } = ctx.app;
  while ((await sql.query(unreferencedStatement)).length === batch);
  while ((await sql.query(expiredStatement)).length === batch);
  for (let last = ""; ; ) {
    const due = await sql.query<{ objectKey: string }>(dueStatement, [last]);
    for (const { objectKey } of due) {
      await store.delete(objectKey);
      await store.delete(thumbnailKey(objectKey));
      await sql.query(removedStatement, [objectKey]);
    }
    last = due.at(-1)?.objectKey ?? "";
    if (due.length < batch) return;
  }
}
