import { parseArgs } from "node:util";

export const groups = [
  "create",
  "rename",
  "move",
  "board",
  "fan-out",
  "join",
  "reconnect",
  "relay",
  "file",
  "notification",
  "task-list",
  "time-report",
  "figure",
  "aggregation",
  "cached",
  "start",
] as const;
export type Group = (typeof groups)[number];

export interface Options {
  /** Rounds that count, after one that warms up. */
  readonly rounds: number;
  readonly sliceMs: number;
  /** Fewer rows. */
  readonly quick: boolean;
  readonly only: ReadonlySet<Group>;
  /** Writes a CPU profile of our server's whole run here. */
  readonly profileDir: string | null;
}

export const usage = `npm run bench -- [--quick] [--only ${groups.join(",")}] [--rounds 7] [--slice 1000] [--profile DIR]`;

/** @throws Error for what is not an option */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      slice: { type: "string" },
      profile: { type: "string" },
    },
  });
  const only = values.only?.split(",") ?? groups;
  for (const name of only) if (!groups.some((group) => group === name)) throw new Error(`No rows called ${name}`);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 7));
  const sliceMs = Number(values.slice ?? 1_000);
  if (!(rounds >= 1 && sliceMs >= 50)) throw new Error("At least one round, and slices of at least 50 ms");
  return { rounds, sliceMs, quick: values.quick, only: new Set(only as Group[]), profileDir: values.profile ?? null };
}
