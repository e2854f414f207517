import type { PublicCtx } from "../../context.ts";
import type { Sql } from "../../platform/sql.ts";

/** Runs reads of figures on a replica where there is one that is up to date, else on the primary. */
export const readSql = <T>(ctx: PublicCtx, read: (sql: Sql) => Promise<T>): Promise<T> =>
  ctx.app.replicas.read(ctx.sql, read);
