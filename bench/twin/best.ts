import type { Pool } from "pg";
import { v7 } from "uuid";
import { roleRights } from "../../server/domain/rights.ts";
import { board as boardText, mutations } from "./best.statements.ts";
import type { Call, Change, Store, Task, Written } from "./contract.ts";
import { Refusal } from "./database.ts";
import { respread } from "./respread.ts";

interface Outcome {
  role: number | null;
  archivedAt: string | null;
  trashedAt?: string | null;
  place?: string | null;
  /** The gap has no room. */
  crowded?: boolean | null;
  earlierHash: string | null;
  earlierResult: Task | null;
  changes: (Omit<Change, "mutationId"> & { mutationId: string | null })[] | null;
}

/** As the best hand-writer would: every mutation is one prepared statement, which is its own transaction. */
export function bestStore(pool: Pool): Store {
  const run = async (name: keyof typeof mutations, values: unknown[]): Promise<Outcome & Task> => {
    const { rows } = await pool.query<Outcome & Task>({ name, text: mutations[name], values });
    return rows[0]!;
  };

  return {
    async create(call, input) {
      const row = await run("create", [
        input.projectId,
        input.statusId,
        v7(),
        input.title,
        input.description,
        call.now,
        call.actor.userId,
        input.mutationId ?? null,
        call.requestHash,
        v7(),
        v7(),
        v7(),
      ]);
      return written(row, call);
    },

    async rename(call, input) {
      const row = await run("rename", [
        input.taskId,
        input.title,
        call.now,
        input.version ?? null,
        call.actor.userId,
        input.mutationId ?? null,
        call.requestHash,
        v7(),
      ]);
      return written(row, call);
    },

    async move(call, input) {
      const values = [
        input.taskId,
        input.toStatusId,
        input.afterTaskId,
        call.now,
        input.version ?? null,
        call.actor.userId,
        input.mutationId ?? null,
        call.requestHash,
        v7(),
      ];
      for (;;) {
        const row = await run("move", values);
        if (!row.crowded) return written(row, call);
        await makeRoom(pool, input.toStatusId);
      }
    },

    async board(actor, projectId) {
      const values = [projectId, actor.userId];
      const { rows } = await pool.query<{ board: string }>({ name: "board", text: boardText, values });
      if (!rows[0]) throw new Refusal(404, "not-found");
      return rows[0].board;
    },
  };
}

function written(row: Outcome & Task, call: Call): Written {
  const { role, archivedAt, trashedAt, place, crowded: _, earlierHash, earlierResult, changes, ...task } = row;
  if (earlierHash) {
    if (earlierHash !== call.requestHash) throw new Refusal(409, "conflict");
    return { task: earlierResult!, changes: [] };
  }
  if (!role || place === null) throw new Refusal(404, "not-found");
  if (role < roleRights.editor) throw new Refusal(403, "access.denied");
  if (archivedAt || trashedAt) throw new Refusal(422, "rule.broken");
  if (!changes) throw new Refusal(409, "stale");
  return {
    task,
    changes: changes.map(({ mutationId, ...change }) => (mutationId ? { ...change, mutationId } : change)),
  };
}

async function makeRoom(pool: Pool, statusId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select from projects.statuses where id = $1 for no key update", [statusId]);
    await respread(client, statusId);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
