import type { z } from "zod";
import type { Ctx } from "../context.ts";
import type { PendingChange } from "../platform/feed.ts";
import { statement } from "../platform/sql.ts";
import { type ChangeDefinition, record } from "./change.ts";
import type { ProjectMove } from "./consequences.ts";
import { projectRoleSql } from "./projects/project.access.ts";

type Fact<V extends { id: string }> = ChangeDefinition<string, string, PendingChange["op"], z.ZodType<V>>;

interface Rows {
  /** Of its statements. */
  name: string;
  table: string;
  alias: string;
  /** Its view's columns. */
  columns: string;
}

/** What people hold of tasks in their own channels: it follows, or ends for who cannot read the other project. */
export function heldFollows<V extends { id: string; userId: string; projectId: string }>(
  { name, table, alias, columns }: Rows,
  facts: { moved: Fact<V>; ended: Fact<V> },
) {
  const ofTasks = `${alias}.task_id = any($1::uuid[])`;
  const end = statement(
    `${name}.end-of-moved`,
    `delete from ${table} ${alias} using projects.projects p
    where p.id = $2 and ${ofTasks} and coalesce(${projectRoleSql("p", `${alias}.user_id`)}, 0) = 0 returning ${columns}`,
  );
  const read = statement(
    `${name}.of-moved`,
    `select ${columns} from ${table} ${alias} where ${ofTasks} order by ${alias}.id`,
  );
  return async (ctx: Ctx, { taskIds, fromProjectId, toProjectId }: ProjectMove) => {
    for (const ended of await ctx.sql.query<V>(end, [taskIds, toProjectId])) record(ctx, facts.ended, ended, null);
    return async () => {
      for (const moved of await ctx.sql.query<V>(read, [taskIds]))
        record(ctx, facts.moved, { ...moved, projectId: fromProjectId }, moved);
    };
  };
}

/** What stands in a project's channel: it leaves the one and enters the other. */
export function partFollows<V extends { id: string; projectId: string }>(
  { name, table, alias, columns }: Rows,
  facts: { left: Fact<V>; entered: Fact<V> },
) {
  const read = statement(
    `${name}.of-moved`,
    `select ${columns} from ${table} ${alias} where ${alias}.task_id = any($1::uuid[]) order by ${alias}.id`,
  );
  return async (ctx: Ctx, { taskIds, fromProjectId }: ProjectMove) =>
    async () => {
      for (const row of await ctx.sql.query<V>(read, [taskIds])) {
        record(ctx, facts.left, { ...row, projectId: fromProjectId }, null);
        record(ctx, facts.entered, null, row);
      }
    };
}
