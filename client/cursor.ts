import type { Change } from "./types.ts";

/** A place in a channel: everything up to `seq` is known, in this life of the database. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** The changes after `from` up to `to`, as they were sent. */
export interface Frame {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly Change[];
}

/** What a frame is to a cursor. */
export type Placement =
  | { readonly kind: "next"; readonly changes: readonly Change[]; readonly cursor: Cursor }
  /** Nothing new in it. */
  | { readonly kind: "known" }
  /** Changes before it are missing. */
  | { readonly kind: "gap" }
  /** Of another life of the database. */
  | { readonly kind: "foreign" };

/** Compares a frame with a cursor. Changes are passed on only in order and without a hole, each once. */
export function place(cursor: Cursor, frame: Frame): Placement {
  if (frame.epoch !== cursor.epoch) return { kind: "foreign" };
  if (frame.to <= cursor.seq) return { kind: "known" };
  if (frame.from > cursor.seq) return { kind: "gap" };
  const changes = frame.changes.filter((change) => change.seq > cursor.seq);
  const dense = changes.every((change, at) => change.seq === cursor.seq + 1 + at);
  if (!dense || changes.length !== frame.to - cursor.seq) return { kind: "gap" };
  return { kind: "next", changes, cursor: { epoch: cursor.epoch, seq: frame.to } };
}
