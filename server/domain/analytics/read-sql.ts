import { hash } from "node:crypto";
import type { PublicCtx } from "../../context.ts";
import { type Sql, type Statement, statement } from "../../platform/sql.ts";
import type { Projection } from "../projection.ts";
import { projectFacts } from "./project-facts.ts";
import type { Scope } from "./scope.ts";

/** Runs reads of figures on a replica where there is one that is up to date, else on the primary. */
export const readSql = <T>(ctx: PublicCtx, read: (sql: Sql) => Promise<T>): Promise<T> =>
  ctx.app.replicas.read(ctx.sql, read);

/* xmin: a table that was made anew has the same number, and maybe other rows. */
const versionStatement = statement(
  "analytics.version",
  `select string_agg(k.channel || '.' || k.seq || '.' || k.xmin, ',' order by k.channel) as version
  from feed.projections k where k.projection = any($1::text[]) and k.channel = any($2::text[])`,
);

/**
 * The same for a statement whose rows follow from its values and from the facts of a scope's projects alone; not from
 * the time. Kept in the cache by how far those facts have come, which is read first: what is kept is never older than
 * its key. What nothing was made of has no cursor, and no rows. The door comes before.
 *
 * @param projections those whose facts the rows follow from
 */
export const readKept = <Row extends object>(
  ctx: PublicCtx,
  { projectIds }: Scope,
  statement: Statement,
  values: readonly unknown[],
  projections: readonly Projection[] = [projectFacts],
): Promise<Row[]> =>
  readSql(ctx, async (sql) => {
    const read = () => sql.query<Row>(statement, values);
    const kinds = projections.flatMap(({ channels }) => channels);
    const [found] = await sql.query<{ version: string | null }>(versionStatement, [
      projections.map(({ name }) => name),
      kinds.flatMap((kind) => projectIds.map((id) => `${kind}:${id}`)),
    ]);
    if (!found?.version) return read(); // nothing says how far they are
    const key = hash("sha256", JSON.stringify([ctx.app.epoch, statement.text, values, found.version]), "base64url");
    return ctx.app.cache.through("figures", key, read);
  });
