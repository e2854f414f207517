import { z } from "zod";

const id = z.uuid();
const title = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !/[\r\n\0]/.test(text) && text.isWellFormed());
const version = z.int().min(1).optional();
const mutationId = id.optional();

export const createInput = z.strictObject({
  projectId: id,
  statusId: id,
  title,
  description: z.string().max(100_000).default(""),
  mutationId,
});
export const renameInput = z.strictObject({ taskId: id, title, version, mutationId });
export const moveInput = z.strictObject({
  taskId: id,
  toStatusId: id,
  afterTaskId: id.nullable(),
  version,
  mutationId,
});

export interface Actor {
  readonly userId: string;
  readonly sessionId: string;
}

/** Who asks, when, and under which mutationId. */
export interface Call {
  readonly actor: Actor;
  readonly now: string;
  readonly requestHash: string | null;
}

export interface Task {
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly [field: string]: unknown;
}

/** A change, as the clients' reducer wants it. */
export interface Change {
  channel: string;
  seq: number;
  id: string;
  at: string;
  actorId: string;
  type: string;
  entity: "task" | "watch";
  op: "create" | "update";
  entityId: string;
  patch: object;
  mutationId?: string;
}

/** What a mutation answers, and what it tells the others: nothing when it was answered before. */
export interface Written {
  task: Task;
  changes: readonly Change[];
}

/** The twin's business: one implementation makes a round trip per statement, the other one statement of everything. */
export interface Store {
  create(call: Call, input: z.output<typeof createInput>): Promise<Written>;
  rename(call: Call, input: z.output<typeof renameInput>): Promise<Written>;
  move(call: Call, input: z.output<typeof moveInput>): Promise<Written>;
  /** The board as JSON text or as an object. */
  board(actor: Actor, projectId: string): Promise<string | object>;
}
