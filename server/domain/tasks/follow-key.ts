import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { declareJob, enqueue } from "../../platform/jobs.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { taskKeyChange } from "../consequences.ts";
import { id } from "../fields.ts";
import { nextNumber } from "./create-task.ts";
import { lockedTasks } from "./task.consequences.ts";
import { taskRekeyed } from "./task.events.ts";

/** Gives a project's tasks the key that it has now; in the name of who changed it. */
export const rekeyJob = declareJob({ name: "task.rekey", input: z.strictObject({ projectId: id, userId: id }) });

/** In one transaction: few enough that nobody notices the locks. */
const batchSize = 200;

const lockStatusesStatement = statement(
  "task.lock-statuses-of-project",
  "select from projects.statuses where project_id = $1 order by id for no key update",
);

/**
 * A project's tasks get new keys with it: the first of them in its own transaction, which is all of most projects, the
 * others behind it, so that a large project is never locked for long. None is created with the former key any more.
 */
export async function followKey(ctx: Ctx, { projectId, key }: { projectId: string; key: string }) {
  await ctx.sql.query(lockStatusesStatement, [projectId]);
  await nextNumber(ctx, projectId, 0);
  return async () => {
    const more = await rekeySome(ctx, projectId, key);
    if (more) enqueue(ctx, rekeyJob, { projectId, userId: ctx.actor.userId });
  };
}

const projectStatement = statement("task.rekeyed-project", "select key from projects.projects where id = $1");
const lockOrganizationStatement = statement(
  "task.lock-rekeyed-organization",
  "select from organizations.organizations where id = (select organization_id from projects.projects where id = $1) for no key update",
);
const lockProjectStatement = statement(
  "task.lock-rekeyed-project",
  "select from projects.projects where id = $1 for no key update",
);

/** Gives new keys to those tasks that still have a former one. Run again, it goes on where it ended. */
export async function rekeyTasks(ctx: PublicCtx, { projectId, userId }: z.output<typeof rekeyJob.input>) {
  for (let more = true; more; ) {
    more = await inTransaction(actingAs(ctx, { userId, sessionId: NIL }), async (ctx) => {
      const [, , [project]] = await Promise.all([
        ctx.sql.query(lockOrganizationStatement, [projectId]), // first, as who leaves it does before tasks are theirs no more
        ctx.sql.query(lockProjectStatement, [projectId]),
        ctx.sql.query<{ key: string }>(projectStatement, [projectId]),
      ]);
      return project ? rekeySome(ctx, projectId, project.key) : false;
    });
  }
}

const formerStatement = statement(
  "task.with-former-key",
  `select t.id from tasks.tasks t where t.project_id = $1 and t.key <> $2 || '-' || t.number order by t.number limit ${batchSize}`,
);
const lockedOfIds = lockedTasks("task.of-former-key", "t.id = any($1::uuid[])");
const saveStatement = statement(
  "task.save-keys",
  `update tasks.tasks t set key = $2 || '-' || t.number, version = t.version + 1, updated_at = $3 where t.id = any($1::uuid[])`,
);

/** @returns whether there may be more. The project must be locked. */
async function rekeySome(ctx: Ctx, projectId: string, key: string): Promise<boolean> {
  const rows = await ctx.sql.query<{ id: string }>(formerStatement, [projectId, key]);
  const tasks = await lockedOfIds(ctx, [rows.map((row) => row.id)]);
  const [first] = tasks;
  if (!first) return false;
  const { organizationId } = first;
  const taskIds = tasks.map((task) => task.id);
  await taskKeyChange.around(ctx, { organizationId, taskIds }, async () => {
    const updatedAt = ctx.now.toISOString();
    write(ctx, saveStatement, [taskIds, key, updatedAt]);
    for (const task of tasks) {
      const rekeyed = { ...task, key: `${key}-${task.number}`, version: task.version + 1, updatedAt };
      if (!task.deletedAt) record(ctx, taskRekeyed, task, rekeyed);
    }
  });
  return rows.length === batchSize;
}
