import { setTimeout } from "node:timers/promises";
import type { Player, Row } from "../harness/contest.ts";
import { openGun } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { AnsweredTask } from "../harness/sides.ts";
import { closeAll, connect, type Frame } from "../harness/sockets.ts";
import type { Side } from "../harness/stack.ts";
import { checkFeed } from "./feed-check.ts";

const everyMs = 50;
const patienceMs = 5_000;

/** One change every 50 ms to many sockets: from its commit until the last of them has it. */
export function fanOutRows(options: Options): Row[] {
  const audiences = options.quick ? [100] : [100, 1_000];
  return audiences.map((clients) => ({
    group: "fan-out",
    title: `fan-out to ${clients.toLocaleString("en")} sockets, a change every ${everyMs} ms`,
    compares: "delay",
    p99Target: 1.2,
    enter: (side) => enter(side, clients),
  }));
}

/** The change is dated by the database right before its commit, in whole milliseconds. */
async function enter(side: Side, clients: number): Promise<Player> {
  const [project] = await side.seed({ projects: 1, lists: [25] });
  const { channel } = project!;
  const gun = openGun(side.server.origin, 1);
  const cursors = new Int32Array(clients);
  const receivers = new Map<number, number>();
  const delays = new Map<number, number>();
  const wrong: string[] = [];
  let published = 0;
  let delivered = 0;

  const hear = (client: number) => (frame: Frame) => {
    for (const { seq, at } of frame.changes) {
      if (seq !== cursors[client]! + 1) wrong.push(`client ${client} got ${seq} after ${cursors[client]}`);
      cursors[client] = seq;
      delivered += 1;
      const got = (receivers.get(seq) ?? 0) + 1;
      receivers.set(seq, got);
      if (got === clients) delays.set(seq, performance.timeOrigin + performance.now() - Date.parse(at));
    }
  };
  const sockets = await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const socket = await connect(side.server.origin, side.people[client]!.token, hear(client));
      const answer = await socket.join({ channel });
      if (!answer.ok || answer.head !== 0) wrong.push(`a join answered ${JSON.stringify(answer)}`);
      return socket;
    }),
  );

  async function publish(): Promise<void> {
    const task = project!.lists[0]!.tasks[published % 25]!;
    published += 1;
    await gun.fire({
      ...side.dialect.rename({ taskId: task.id, title: `Title ${published}` }),
      token: side.people[0]!.token,
      answered: (body) => void side.dialect.read<AnsweredTask>(body.toString()),
    });
  }

  return {
    async play(forMs) {
      const startedAt = performance.now();
      const first = published;
      for (let n = 1; performance.now() - startedAt < forMs; n += 1) {
        await publish();
        await setTimeout(Math.max(0, startedAt + n * everyMs - performance.now()));
      }
      const until = performance.now() + patienceMs;
      while (delays.size < published && performance.now() < until) await setTimeout(5);
      const latencies = Array.from({ length: published - first }, (_, n) => delays.get(first + n + 1) ?? patienceMs);
      return { latencies };
    },
    async check() {
      wrong.push(...(await checkFeed(side.pool, [channel], "task.updated", new Map(), published)));
      if (delivered !== clients * published)
        wrong.push(`${delivered} delivered instead of ${clients} × ${published} = ${clients * published}`);
      return wrong.slice(0, 5);
    },
    async close() {
      await closeAll(sockets);
      await gun.close();
    },
  };
}
