import type { Pool, PoolClient } from "pg";
import { v7 } from "uuid";
import { projectRoleSql } from "../../server/domain/projects/project.access.ts";
import { roleRights } from "../../server/domain/rights.ts";
import { boardParts } from "./board.ts";
import type { Call, Change, Store, Task, Written } from "./contract.ts";
import { Refusal } from "./database.ts";
import { twinRankBetween } from "./rank.ts";
import { respread } from "./respread.ts";

const taskColumns = `id, organization_id as "organizationId", project_id as "projectId", key, number, title, description, status_id as "statusId",
  rank, priority, parent_id as "parentId", start_on as "startOn", due_on as "dueOn", estimate_minutes as "estimateMinutes",
  completed_at as "completedAt", archived_at as "archivedAt", deleted_at as "deletedAt", created_by_id as "createdById",
  created_at as "createdAt", updated_at as "updatedAt", version`;

/** As most such code is written: a transaction of one statement after the other, each awaited. */
export function naiveStore(pool: Pool): Store {
  return {
    create: (call, input) =>
      inTransaction(pool, call, input.mutationId, async (client) => {
        const project = await requireEditor(client, call, input.projectId);
        const place = await lockStatus(client, input.statusId);
        if (place.projectId !== project.id) throw new Refusal(404, "not-found");
        const [last] = await all<{ rank: string }>(
          client,
          "select rank from tasks.tasks where status_id = $1 and deleted_at is null order by rank desc, id desc limit 1",
          [place.id],
        );
        const [counter] = await all<{ number: number }>(
          client,
          "update tasks.counters set last_number = last_number + 1 where project_id = $1 returning last_number as number",
          [project.id],
        );
        const number = counter!.number;
        const [task] = await all<Task>(
          client,
          `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, completed_at,
            created_by_id, created_at, updated_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'none', $10, $11, $12, $12) returning ${taskColumns}`,
          [
            v7(),
            project.organizationId,
            project.id,
            number,
            `${project.key}-${number}`,
            input.title,
            input.description,
            place.id,
            twinRankBetween(last?.rank ?? null, null),
            place.done ? call.now : null,
            call.actor.userId,
            call.now,
          ],
        );
        const view = { ...task!, assigneeIds: [], labelIds: [] };
        const watch = {
          id: v7(),
          organizationId: project.organizationId,
          projectId: project.id,
          taskId: view.id,
          userId: call.actor.userId,
          createdAt: call.now,
        };
        await client.query(
          "insert into tasks.watches (id, organization_id, project_id, task_id, user_id, created_at) values ($1, $2, $3, $4, $5, $6)",
          Object.values(watch),
        );
        await keepAnswer(client, call, input.mutationId, view);
        const created = { type: "task.created", entity: "task", op: "create", patch: view, before: null } as const;
        const watched = { type: "task.watched", entity: "watch", op: "create", patch: watch, before: null } as const;
        const changes = [
          await append(client, call, input.mutationId, `project:${project.id}`, view.id, created),
          await append(client, call, input.mutationId, `user:${watch.userId}`, watch.id, watched),
        ];
        return { task: view, changes };
      }),

    rename: (call, input) =>
      inTransaction(pool, call, input.mutationId, async (client) => {
        const task = await lockTask(client, call, input);
        const [saved] = await all<Task>(
          client,
          `update tasks.tasks set title = $2, updated_at = $3, version = version + 1 where id = $1 returning ${taskColumns}`,
          [task.id, input.title, call.now],
        );
        return tell(client, call, input.mutationId, await withSets(client, saved!), {
          type: "task.updated",
          entity: "task",
          op: "update",
          patch: { title: saved!["title"], updatedAt: saved!["updatedAt"], version: saved!["version"] },
          before: { title: task["title"] },
        });
      }),

    move: (call, input) =>
      inTransaction(pool, call, input.mutationId, async (client) => {
        const place = await lockStatus(client, input.toStatusId); // first: whoever spreads a list out locks all its tasks
        const task = await lockTask(client, call, input);
        if (place.projectId !== task.projectId) throw new Refusal(404, "not-found");
        const rank = await rankAfter(client, place.id, task.id, input.afterTaskId);
        const [saved] = await all<Task>(
          client,
          `update tasks.tasks set status_id = $2, rank = $3, completed_at = $4, updated_at = $5, version = version + 1 where id = $1
          returning ${taskColumns}`,
          [task.id, place.id, rank, place.done ? (task["completedAt"] ?? call.now) : null, call.now],
        );
        const { statusId, rank: newRank, completedAt, updatedAt, version } = saved as Record<string, unknown>;
        return tell(client, call, input.mutationId, await withSets(client, saved!), {
          type: "task.moved",
          entity: "task",
          op: "update",
          patch: { statusId, rank: newRank, completedAt, updatedAt, version },
          before: { statusId: task["statusId"], rank: task["rank"], completedAt: task["completedAt"] },
        });
      }),

    async board(actor, projectId) {
      const client = await pool.connect();
      try {
        await client.query("begin isolation level repeatable read read only");
        await requireRole(client, actor.userId, projectId, roleRights.viewer);
        const entities: Record<string, unknown> = {};
        for (const [entity, text] of Object.entries(boardParts))
          entities[entity] = await all(client, text, [projectId]);
        const [life] = await all<{ epoch: string }>(client, "select epoch from feed.life", []);
        const [head] = await all<{ seq: number }>(client, "select seq from feed.heads where channel = $1", [
          `project:${projectId}`,
        ]);
        await client.query("commit");
        return { epoch: life!.epoch, channel: `project:${projectId}`, seq: head?.seq ?? 0, entities };
      } catch (error) {
        await client.query("rollback");
        throw error;
      } finally {
        client.release();
      }
    },
  };
}

const all = async <Row>(client: PoolClient, text: string, values: unknown[]): Promise<Row[]> =>
  (await client.query(text, values)).rows as Row[];

async function inTransaction(
  pool: Pool,
  call: Call,
  mutationId: string | undefined,
  work: (client: PoolClient) => Promise<Written>,
): Promise<Written> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const written = (await earlierAnswer(client, call, mutationId)) ?? (await work(client));
    await client.query("commit");
    return written;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

async function earlierAnswer(client: PoolClient, call: Call, mutationId?: string): Promise<Written | null> {
  if (!mutationId) return null;
  const [row] = await all<{ requestHash: string; result: Task }>(
    client,
    `select request_hash as "requestHash", result from feed.mutations where actor_id = $1 and mutation_id = $2`,
    [call.actor.userId, mutationId],
  );
  if (!row) return null;
  if (row.requestHash !== call.requestHash) throw new Refusal(409, "conflict");
  return { task: row.result, changes: [] };
}

interface Project {
  id: string;
  organizationId: string;
  key: string;
  archivedAt: string | null;
  role: number | null;
}

async function requireRole(client: PoolClient, userId: string, projectId: string, least: number): Promise<Project> {
  const [project] = await all<Project>(
    client,
    `select p.id, p.organization_id as "organizationId", p.key, p.archived_at as "archivedAt", ${projectRoleSql("p", "$2")} as role
    from projects.projects p where p.id = $1`,
    [projectId, userId],
  );
  if (!project?.role) throw new Refusal(404, "not-found");
  if (project.role < least) throw new Refusal(403, "access.denied");
  return project;
}

async function requireEditor(client: PoolClient, call: Call, projectId: string): Promise<Project> {
  const project = await requireRole(client, call.actor.userId, projectId, roleRights.editor);
  if (project.archivedAt) throw new Refusal(422, "rule.broken");
  return project;
}

async function lockTask(client: PoolClient, call: Call, input: { taskId: string; version?: number }): Promise<Task> {
  const [task] = await all<Task>(client, `select ${taskColumns} from tasks.tasks where id = $1 for no key update`, [
    input.taskId,
  ]);
  if (!task) throw new Refusal(404, "not-found");
  await requireEditor(client, call, task.projectId);
  if (input.version !== undefined && input.version !== task["version"]) throw new Refusal(409, "stale");
  if (task["deletedAt"]) throw new Refusal(422, "rule.broken");
  return task;
}

async function lockStatus(
  client: PoolClient,
  statusId: string,
): Promise<{ id: string; projectId: string; done: boolean }> {
  const [status] = await all<{ id: string; projectId: string; category: string; wipLimit: number | null }>(
    client,
    `select id, project_id as "projectId", category, wip_limit as "wipLimit" from projects.statuses where id = $1 for no key update`,
    [statusId],
  );
  if (!status) throw new Refusal(404, "not-found");
  if (status.wipLimit !== null) {
    const [taken] = await all<{ count: number }>(
      client,
      "select count(*) as count from tasks.tasks where status_id = $1 and deleted_at is null and archived_at is null",
      [statusId],
    );
    if (taken!.count >= status.wipLimit) throw new Refusal(422, "rule.broken");
  }
  return {
    id: status.id,
    projectId: status.projectId,
    done: status.category === "done" || status.category === "cancelled",
  };
}

async function rankAfter(
  client: PoolClient,
  statusId: string,
  taskId: string,
  afterTaskId: string | null,
): Promise<string> {
  const [after] = afterTaskId
    ? await all<{ id: string; rank: string }>(
        client,
        "select id, rank from tasks.tasks where id = $1 and status_id = $2 and deleted_at is null and id <> $3",
        [afterTaskId, statusId, taskId],
      )
    : [];
  if (afterTaskId && !after) throw new Refusal(404, "not-found");
  const [next] = await all<{ rank: string }>(
    client,
    `select rank from tasks.tasks where status_id = $1 and deleted_at is null and id <> $2 and (rank, id) > ($3, $4)
    order by rank, id limit 1`,
    [statusId, taskId, after?.rank ?? "", after?.id ?? "00000000-0000-0000-0000-000000000000"],
  );
  const rank = twinRankBetween(after?.rank ?? null, next?.rank ?? null);
  if (rank) return rank;
  await respread(client, statusId);
  return rankAfter(client, statusId, taskId, afterTaskId);
}

async function withSets(client: PoolClient, task: Task): Promise<Task> {
  const assignees = await all<{ id: string }>(
    client,
    "select user_id as id from tasks.task_assignees where task_id = $1 order by user_id",
    [task.id],
  );
  const labels = await all<{ id: string }>(
    client,
    "select label_id as id from tasks.task_labels where task_id = $1 order by label_id",
    [task.id],
  );
  return { ...task, assigneeIds: assignees.map((row) => row.id), labelIds: labels.map((row) => row.id) };
}

type Fact = Pick<Change, "type" | "entity" | "op" | "patch"> & { before: object | null };

async function tell(
  client: PoolClient,
  call: Call,
  mutationId: string | undefined,
  task: Task,
  fact: Fact,
): Promise<Written> {
  await keepAnswer(client, call, mutationId, task);
  return { task, changes: [await append(client, call, mutationId, `project:${task.projectId}`, task.id, fact)] };
}

async function keepAnswer(client: PoolClient, call: Call, mutationId: string | undefined, task: Task): Promise<void> {
  if (!mutationId) return;
  await client.query(
    "insert into feed.mutations (actor_id, mutation_id, request_hash, result) values ($1, $2, $3, $4)",
    [call.actor.userId, mutationId, call.requestHash, JSON.stringify(task)],
  );
}

async function append(
  client: PoolClient,
  call: Call,
  mutationId: string | undefined,
  channel: string,
  entityId: string,
  { before, ...told }: Fact,
): Promise<Change> {
  const [head] = await all<{ seq: number }>(
    client,
    `insert into feed.heads (channel, seq) values ($1, 1) on conflict (channel) do update set seq = heads.seq + 1 returning seq`,
    [channel],
  );
  const id = v7();
  const [placed] = await all<{ at: string }>(
    client,
    `insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch, before, mutation_id)
    values ($1, $2, $3, date_trunc('milliseconds', clock_timestamp()), $4, $5, $6, $7, $8, $9, $10, $11) returning at`,
    [
      channel,
      head!.seq,
      id,
      call.actor.userId,
      told.type,
      told.entity,
      told.op,
      entityId,
      JSON.stringify(told.patch),
      before && JSON.stringify(before),
      mutationId ?? null,
    ],
  );
  return {
    channel,
    seq: head!.seq,
    id,
    at: placed!.at,
    actorId: call.actor.userId,
    entityId,
    ...told,
    ...(mutationId ? { mutationId } : {}),
  };
}
