import type { KnownTask } from "./projects.ts";

export const sideNames = ["ours", "naive", "best"] as const;
export type SideName = (typeof sideNames)[number];

export interface HttpCall {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string | null;
}

/** A task as a mutation answers it. */
export interface AnsweredTask extends KnownTask {
  readonly projectId: string;
  readonly title: string;
  readonly statusId: string;
  readonly rank: string;
}

/** A board, as far as it is checked. */
export interface Board {
  readonly seq: number;
  readonly entities: { readonly task: readonly { id: string }[] };
}

interface Edit {
  readonly taskId: string;
  readonly version?: number;
  readonly mutationId?: string;
}

/** How one of the three is spoken to. */
export interface Dialect {
  create(input: { projectId: string; statusId: string; title: string; description: string }): HttpCall;
  rename(input: Edit & { title: string }): HttpCall;
  move(input: Edit & { toStatusId: string; afterTaskId: string | null }): HttpCall;
  board(projectId: string): HttpCall;
  /** What a successful answer carries. */
  read<T>(answer: string): T;
}

const post = (path: string, input: object): HttpCall => ({ method: "POST", path, body: JSON.stringify(input) });

const trpc: Dialect = {
  create: (input) => post("/trpc/tasks.create", input),
  rename: (input) => post("/trpc/tasks.update", input),
  move: (input) => post("/trpc/tasks.move", input),
  board: (projectId) => ({
    method: "GET",
    path: `/trpc/sync.snapshot?input=${encodeURIComponent(JSON.stringify({ channel: `project:${projectId}` }))}`,
    body: null,
  }),
  read: (answer) => JSON.parse(answer).result.data,
};

const twin: Dialect = {
  create: (input) => post("/tasks/create", input),
  rename: (input) => post("/tasks/rename", input),
  move: (input) => post("/tasks/move", input),
  board: (projectId) => ({ method: "GET", path: `/boards/${projectId}`, body: null }),
  read: JSON.parse,
};

export const dialects: Record<SideName, Dialect> = { ours: trpc, naive: twin, best: twin };
