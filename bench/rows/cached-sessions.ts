import pg from "pg";
import { createFeedHub } from "../../server/platform/feed-hub.ts";
import { createSessions, sessionsAlive } from "../../server/platform/sessions.ts";
import { sqlOn } from "../../server/platform/sql.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import type { Stack } from "../harness/stack.ts";

const inFlight = 16;

/** Whether sessions live, remembered for a second, beside PostgreSQL's answer to each question. */
export function cachedSessionRows(options: Options): PairRow[] {
  return [
    {
      group: "cached",
      title: `1,000 sessions, ${inFlight} questions at a time, beside no memory`,
      unit: "answers",
      enter: (stack) => enter(stack, options.sliceMs),
    },
  ];
}

async function enter(stack: Stack, sliceMs: number): Promise<Pair> {
  const [side] = stack.sides;
  const ids = side!.people.map(({ sessionId }) => sessionId);
  const pool = new pg.Pool({ connectionString: side!.settings.databaseUrl, max: 20 });
  const sql = sqlOn(pool);
  const sessions = createSessions(pool, createFeedHub());
  let ended = 0;

  async function ask(isAlive: (id: string) => Promise<boolean>): Promise<Work> {
    const latencies: number[] = [];
    const startedAt = performance.now();
    const worker = async (first: number) => {
      for (let at = first; performance.now() < startedAt + sliceMs; at += inFlight) {
        const askedAt = performance.now();
        if (!(await isAlive(ids[at % ids.length]!))) ended += 1;
        latencies.push(performance.now() - askedAt);
        // Answers from memory take no turn of the loop by themselves, and nothing else would ever have one.
        if (at % 1_000 < inFlight) await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, (_, first) => worker(first)));
    return { amount: latencies.length, seconds: (performance.now() - startedAt) / 1_000, latencies };
  }

  return {
    ours: () => ask((id) => sessions.isAlive(id)),
    bare: () => ask(async (id) => (await sessionsAlive(sql, [id])).has(id)),
    check: async () => (ended > 0 ? [`${ended} answers said that a session had ended`] : []),
    async close() {
      sessions.close();
      await pool.end();
    },
  };
}
