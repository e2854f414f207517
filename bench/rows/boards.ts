import type { Row } from "../harness/contest.ts";
import { openGun } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { Board } from "../harness/sides.ts";

/** Whole boards, read by four people at a time. */
export function boardRows(options: Options): Row[] {
  const sizes = options.quick ? [1_000] : [1_000, 10_000];
  return sizes.map((size) => ({
    group: "board",
    title: `board of ${size.toLocaleString("en")} tasks, 4 in flight`,
    compares: "rate",
    target: { naive: 0.8, best: 0.8 },
    p99Target: 2,
    async enter(side) {
      const [project] = await side.seed({ projects: 1, lists: [size / 4, size / 4, size / 4, size / 4] });
      const gun = openGun(side.server.origin, 4);
      const call = side.dialect.board(project!.id);
      const sizesSeen = new Set<number>();
      let last: Buffer = Buffer.alloc(0);
      return {
        play: async (forMs) => ({
          latencies: await gun.load(4, forMs, (worker) => ({
            ...call,
            token: side.people[worker]!.token,
            answered(body) {
              last = body;
              sizesSeen.add(body.length);
            },
          })),
        }),
        async check() {
          const board = side.dialect.read<Board>(last.toString());
          const ids = new Set(board.entities.task.map((task) => task.id));
          const missing = project!.lists.flatMap((list) => list.tasks).filter((task) => !ids.has(task.id));
          const wrong = missing.length > 0 || ids.size !== size ? [`the board has ${ids.size} of ${size} tasks`] : [];
          if (sizesSeen.size !== 1) wrong.push("the same board was answered in different lengths");
          return wrong;
        },
        close: () => gun.close(),
      };
    },
  }));
}
