import type { Player, Row } from "../harness/contest.ts";
import { openGun } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { Board } from "../harness/sides.ts";
import { closeAll, connect, type LightSocket } from "../harness/sockets.ts";
import type { Side } from "../harness/stack.ts";
import { publishChanges } from "./publish.ts";

const missedWhileAway = 3;

/**
 * Many clients connect and join one project at once: cold ones take the board first, the others know a number and want what
 * came since.
 */
export function joinRows(options: Options): Row[] {
  const clients = options.quick ? 200 : 1_000;
  return (["known", "cold"] as const).map((kind) => ({
    group: "join",
    title:
      kind === "known"
        ? `${clients.toLocaleString("en")} clients join at once with a known seq`
        : `${clients.toLocaleString("en")} clients join at once, cold: board of 25, then join`,
    compares: "rate",
    limitSeconds: 2,
    enter: (side) => enter(side, clients, kind),
  }));
}

async function enter(side: Side, clients: number, kind: "cold" | "known"): Promise<Player> {
  const [project] = await side.seed({ projects: 1, lists: [25] });
  const { channel, id } = project!;
  await publishChanges(side, project!, 10);
  const gun = openGun(side.server.origin, 64);
  const wrong: string[] = [];

  async function join(token: string): Promise<LightSocket> {
    let since = 10 - missedWhileAway;
    if (kind === "cold") {
      await gun.fire({
        ...side.dialect.board(id),
        token,
        answered: (body) => {
          since = side.dialect.read<Board>(body.toString()).seq;
        },
      });
    }
    const socket = await connect(side.server.origin, token);
    const answer = await socket.join({ channel, since });
    const seqs = answer.changes?.map((change) => change.seq).join();
    if (seqs !== (kind === "cold" ? "" : "8,9,10"))
      wrong.push(`since ${since} brought ${JSON.stringify(answer).slice(0, 200)}`);
    return socket;
  }

  return {
    async play() {
      const latencies: number[] = [];
      const startedAt = performance.now();
      const sockets = await Promise.all(
        side.people.slice(0, clients).map(async ({ token }) => {
          const socket = await join(token);
          latencies.push(performance.now() - startedAt);
          return socket;
        }),
      );
      const seconds = (performance.now() - startedAt) / 1_000;
      await closeAll(sockets);
      return { latencies, seconds };
    },
    check: async () => wrong.slice(0, 5),
    close: () => gun.close(),
  };
}
