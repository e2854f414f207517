import type { PublicCtx } from "../server/context.ts";
import type { ChangeDefinition } from "../server/domain/change.ts";
import type { AnyChange, ChangeOf, ChangeType } from "../server/domain/events.ts";
import type { ChannelKind } from "../server/platform/feed.ts";

export const defaultPrefetch = 32;

/** A worker's reader of changes. */
export interface Consumer {
  /** Also its queue; a rename strands the old one. */
  readonly name: string;
  /** The facts it hears. A new consumer hears what happens from its first start on. */
  readonly on: readonly Pick<ChangeDefinition, "type">[];
  /** Of which channels; default all. A fact on several channels is a change on each. */
  readonly channels?: readonly ChannelKind[];
  /**
   * Handles the changes of one entity in one channel in their order, so that one which must be tried again holds back
   * those after it; those of other entities pass. Default true.
   */
  readonly ordered?: boolean;
  /** Then it is among the dead letters, and no longer holds back others. */
  readonly maxAttempts: number;
  /** An attempt that takes longer is undone and counts as failed. */
  readonly timeoutMs: number;
  /** Changes that a process holds; those of different entities are handled at the same time. Default 32. */
  readonly prefetch?: number;
  /**
   * Runs in the transaction that remembers the change as handled, so it takes effect once. It waits for nothing but
   * the database; what acts outside of it becomes a job.
   */
  handle(ctx: PublicCtx, change: AnyChange): Promise<void>;
}

export function defineConsumer<const Types extends ChangeType>(
  consumer: Omit<Consumer, "handle" | "on"> & {
    readonly on: readonly { readonly type: Types }[];
    handle(ctx: PublicCtx, change: ChangeOf<Types>): Promise<void>;
  },
): Consumer {
  return consumer as unknown as Consumer;
}

/** The topics a consumer's queue is bound to. */
export const topicsOf = ({ on, channels = [] }: Consumer): string[] =>
  on.flatMap(({ type }) => (channels.length > 0 ? channels.map((kind) => `${kind}.${type}`) : [`*.${type}`]));

/** The topic that a change is published to. */
export const topicOf = ({ channel, type }: { channel: string; type: string }): string =>
  `${channel.slice(0, channel.indexOf(":"))}.${type}`;
