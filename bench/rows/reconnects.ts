import type { Player, Row } from "../harness/contest.ts";
import type { Options } from "../harness/options.ts";
import { closeAll, connect, type LightSocket } from "../harness/sockets.ts";
import type { Side } from "../harness/stack.ts";
import { publishChanges } from "./publish.ts";

const inFlight = 8;
const total = 1_010;

/** Connect, join with the last number seen, and get exactly what was missed. */
export function reconnectRows(options: Options): Row[] {
  const missed = options.quick ? [10] : [10, 1_000];
  return missed.map((count) => ({
    group: "reconnect",
    title: `reconnect with ${count.toLocaleString("en")} missed, ${inFlight} in flight`,
    compares: "rate",
    target: { naive: 0.6, best: 0.45 },
    p99Target: 2,
    enter: (side) => enter(side, count),
  }));
}

async function enter(side: Side, missed: number): Promise<Player> {
  const [project] = await side.seed({ projects: 1, lists: [25] });
  await publishChanges(side, project!, total);
  const expected = Array.from({ length: missed }, (_, n) => total - missed + 1 + n).join();
  const wrong: string[] = [];

  return {
    async play(forMs) {
      const latencies: number[] = [];
      const sockets: LightSocket[] = [];
      const startedAt = performance.now();
      const work = async (worker: number) => {
        while (performance.now() - startedAt < forMs) {
          const begun = performance.now();
          const socket = await connect(side.server.origin, side.people[worker]!.token);
          const answer = await socket.join({ channel: project!.channel, since: total - missed });
          latencies.push(performance.now() - begun);
          sockets.push(socket);
          if (answer.changes?.map((change) => change.seq).join() !== expected)
            wrong.push(`a reconnect with ${missed} missed brought ${JSON.stringify(answer).slice(0, 200)}`);
          socket.close();
        }
      };
      await Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
      const seconds = (performance.now() - startedAt) / 1_000;
      await closeAll(sockets);
      return { latencies, seconds };
    },
    check: async () => wrong.slice(0, 5),
    close: async () => {},
  };
}
