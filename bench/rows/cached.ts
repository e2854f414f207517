import { gunzipSync } from "node:zlib";
import { type Gun, openGun, type Shot } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import type { SeededProject } from "../harness/projects.ts";
import type { Board } from "../harness/sides.ts";
import type { Side, Stack } from "../harness/stack.ts";

const inFlight = 4;
const connections = 64;
/** Few and of a small board: without the cache PostgreSQL would soon answer none of them in time. */
const crowd = { readers: 200, size: 1_000 };

/** Boards out of the cache beside boards that are made for every reader. */
export function cachedRows(options: Options): PairRow[] {
  const { sliceMs } = options;
  const sizes = options.quick ? [1_000] : [1_000, 10_000];
  return sizes.flatMap((size) => {
    const row = (title: string, unit: string, ours: Way, bare: Way): PairRow => ({
      group: "cached",
      title: `board of ${size.toLocaleString("en")} tasks, ${title}`,
      unit,
      enter: (stack) => compare(stack, size, ours, bare),
    });
    const steady = (desk: Desk) => desk.load(sliceMs, {});
    const packed = (desk: Desk) => desk.load(sliceMs, { headers: { "accept-encoding": "gzip" } });
    const polled = (desk: Desk) => desk.load(sliceMs, { headers: { "if-none-match": desk.etag() }, status: 304 });
    const changing = (desk: Desk) => desk.readChanges(sliceMs);
    const many = (desk: Desk) => desk.readAtOnce(crowd.readers);
    return [
      row(`${inFlight} readers`, "boards", steady, steady),
      row(`${inFlight} readers, gzip`, "boards", packed, packed),
      row(`${inFlight} readers who hold it, beside whole boards`, "answers", polled, steady),
      row("one reader, a change before every read", "boards", changing, changing),
      ...(size === crowd.size ? [row(`${crowd.readers} readers at once after a change`, "boards", many, many)] : []),
    ];
  });
}

type Way = (desk: Desk) => Promise<Work>;

/** A server with the cache, and one without. */
async function compare(stack: Stack, size: number, ours: Way, bare: Way): Promise<Pair> {
  const id = crypto.randomUUID().replaceAll("-", "");
  const sides = await Promise.all([
    stack.openOurs(`cached_${id}`, {}),
    stack.openOurs(`uncached_${id}`, { SNAPSHOT_CACHE_MIB: "0" }),
  ]);
  const desks = await Promise.all(sides.map((side) => Desk.open(side, size)));
  const [cached, uncached] = desks as [Desk, Desk];
  return {
    ours: () => ours(cached),
    bare: () => bare(uncached),
    check: async () => desks.flatMap((desk) => desk.wrong()),
    async close() {
      for (const desk of desks) await desk.close();
      for (const side of sides) await side.close();
    },
  };
}

/** One board, and people who read it. */
class Desk {
  readonly #side: Side;
  readonly #project: SeededProject;
  readonly #size: number;
  readonly #gun: Gun;
  #changes = 0;
  #last: Buffer = Buffer.alloc(0);
  #etag = "";
  readonly #wrong: string[] = [];

  private constructor(side: Side, project: SeededProject, size: number) {
    this.#side = side;
    this.#project = project;
    this.#size = size;
    this.#gun = openGun(side.server.origin, connections);
  }

  static async open(side: Side, size: number): Promise<Desk> {
    const [project] = await side.seed({ projects: 1, lists: [size] });
    const desk = new Desk(side, project!, size);
    await desk.#change();
    await desk.#gun.fire(desk.#shot(0));
    return desk;
  }

  etag(): string {
    return this.#etag;
  }

  async load(forMs: number, more: Pick<Shot, "headers" | "status">): Promise<Work> {
    const startedAt = performance.now();
    const latencies = await this.#gun.load(inFlight, forMs, (worker) => ({ ...this.#shot(worker), ...more }));
    return { amount: latencies.length, seconds: (performance.now() - startedAt) / 1_000, latencies };
  }

  /** Only the reads are timed. */
  async readChanges(forMs: number): Promise<Work> {
    const latencies: number[] = [];
    for (const until = performance.now() + forMs; performance.now() < until; ) {
      await this.#change();
      const startedAt = performance.now();
      await this.#gun.fire(this.#shot(0));
      latencies.push(performance.now() - startedAt);
    }
    return { amount: latencies.length, seconds: latencies.reduce((sum, ms) => sum + ms, 0) / 1_000, latencies };
  }

  async readAtOnce(readers: number): Promise<Work> {
    await this.#change();
    const startedAt = performance.now();
    const latencies = await Promise.all(
      Array.from({ length: readers }, async (_, at) => {
        await this.#gun.fire(this.#shot(at));
        return performance.now() - startedAt;
      }),
    );
    return { amount: readers, seconds: (performance.now() - startedAt) / 1_000, latencies };
  }

  /** What was read must hold the last change, and all tasks. */
  wrong(): string[] {
    const { seq, entities } = this.#side.dialect.read<Board>(this.#last.toString());
    const ids = new Set(entities.task.map(({ id }) => id));
    if (ids.size !== this.#size) this.#wrong.push(`the board has ${ids.size} of ${this.#size} tasks`);
    if (seq !== this.#changes) this.#wrong.push(`the board is at ${seq}, and ${this.#changes} changes were made`);
    return this.#wrong.slice(0, 5);
  }

  close(): Promise<void> {
    return this.#gun.close();
  }

  #shot(worker: number): Shot {
    const { dialect, people } = this.#side;
    return {
      ...dialect.board(this.#project.id),
      token: people[worker % people.length]!.token,
      answered: (body, headers) => {
        this.#etag = String(headers["etag"]);
        if (body.length === 0) return; // unchanged
        this.#last = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
        if (!this.#last.includes(this.#title())) this.#wrong.push(`a board without "${this.#title()}"`);
      },
    };
  }

  #title = () => `Title after ${this.#changes} changes`;

  async #change(): Promise<void> {
    const { dialect, people } = this.#side;
    this.#changes += 1;
    await this.#gun.fire({
      ...dialect.rename({ taskId: this.#project.lists[0]!.tasks[0]!.id, title: this.#title() }),
      token: people[0]!.token,
      answered: () => {},
    });
  }
}
