import { hash } from "node:crypto";
import type { PublicCtx } from "../../context.ts";
import { type Sql, type Statement, statement } from "../../platform/sql.ts";
import { projectFacts } from "./project-facts.ts";
import type { Scope } from "./scope.ts";

/** Runs reads of figures on a replica where there is one that is up to date, else on the primary. */
export const readSql = <T>(ctx: PublicCtx, read: (sql: Sql) => Promise<T>): Promise<T> =>
  ctx.app.replicas.read(ctx.sql, read);

/* xmin: a table that was made anew has the same number, and maybe other rows. */
const versionStatement = statement(
  "analytics.version",
  `select count(*) as count, string_agg(k.seq || '.' || k.xmin, ',' order by k.channel) as version
  from feed.projections k where k.projection = $1 and k.channel = any($2::text[])`,
);

/**
 * The same for a statement whose rows follow from its values and from the facts of a scope's projects alone; not from
 * the time. Kept in the cache by how far those facts have come, which is read first: what is kept is never older than
 * its key. The door comes before.
 */
export const readKept = <Row extends object>(
  ctx: PublicCtx,
  { projectIds }: Scope,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> =>
  readSql(ctx, async (sql) => {
    const read = () => sql.query<Row>(statement, values);
    const channels = projectIds.map((id) => `project:${id}`);
    const [found] = await sql.query<{ count: number; version: string }>(versionStatement, [
      ...[projectFacts.name, channels],
    ]);
    if (found?.count !== channels.length || channels.length === 0) return read(); // nothing says how far they are
    const key = hash("sha256", JSON.stringify([ctx.app.epoch, statement.text, values, found.version]), "base64url");
    return ctx.app.cache.through("figures", key, read);
  });
