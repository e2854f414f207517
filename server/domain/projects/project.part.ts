import type { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import type { ProjectPermission } from "../permissions.ts";
import { accessProject, passDoor, standingSql } from "./project.access.ts";
import type { listInProjectInput } from "./project.lists.ts";

/**
 * The door and the lists of something that a project has a few of.
 *
 * @param columns its view's columns, of a row `row` of `table`
 * @param sort a text that it is listed by
 */
export function definePart<V extends { id: string }>(part: {
  entity: string;
  table: string;
  row: string;
  columns: string;
  sort: string;
}) {
  const { entity, table, row, columns, sort } = part;
  const lockProject = statement(
    `${entity}.lock-project`,
    `select from projects.projects where id = (select project_id from ${table} where id = $1) for no key update`,
  );
  const lock = statement(
    `${entity}.lock-whole`,
    `select from ${table} where id = any($1::uuid[]) order by id for update`,
  );
  const read = statement(
    `${entity}.access`,
    `select ${columns}, ${standingSql} from ${table} ${row} join projects.projects p on p.id = ${row}.project_id where ${row}.id = $1`,
  );
  const all = statement(
    `${entity}.all`,
    `select ${columns} from ${table} ${row} where ${row}.project_id = $1 order by ${sort}, ${row}.id`,
  );
  const listing = statement(
    `${entity}.page`,
    `select ${columns}, ${sort} as "sortText" from ${table} ${row}
    where ${row}.project_id = $1 and ($2::text is null or (${sort}, ${row}.id) > ($2, $3::uuid)) order by ${sort}, ${row}.id limit $4`,
  );
  const remove = statement(`${entity}.delete`, `delete from ${table} where id = $1`);

  return {
    /** The only way to one by id. Inside a transaction its project is locked. */
    async access(ctx: Ctx, id: string, permission: ProjectPermission): Promise<V> {
      const [, [found]] = await Promise.all([
        ctx.transaction ? ctx.sql.query(lockProject, [id]) : null,
        ctx.sql.query<V & Parameters<typeof passDoor>[0]>(read, [id, ctx.actor.userId]),
      ]);
      return passDoor<V>(found, permission, entity, id) as V;
    },
    /** So that tasks which name them, or begin to, wait. Before statuses and tasks. */
    async lock(ctx: Ctx, ids: readonly string[]): Promise<void> {
      await ctx.sql.query(lock, [ids]);
    },
    /** All of a project that a door was passed to. */
    all: (ctx: Ctx, projectId: string): Promise<V[]> => ctx.sql.query<V>(all, [projectId]),
    /** @throws AppError `not-found` (project) | `validation.failed` (cursor) */
    async list(ctx: Ctx, input: z.output<typeof listInProjectInput>) {
      const place = placeOf(input.cursor);
      await accessProject(ctx, input.projectId, "project.read");
      const values = [input.projectId, ...place, input.limit + 1];
      return pageFrom(await ctx.sql.query<V & { sortText: string }>(listing, values), input.limit);
    },
    async delete(ctx: Ctx, id: string): Promise<void> {
      await ctx.sql.query(remove, [id]);
    },
  };
}
