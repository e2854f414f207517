import { EventEmitter } from "node:events";
import type { StoredChange } from "./feed.ts";

/** Hands committed changes to whoever serves them in this process. A hint: listeners repair from the feed what they miss. */
export interface FeedHub {
  publish(changes: readonly StoredChange[]): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (changes: readonly StoredChange[]) => void): () => void;
}

export function createFeedHub(): FeedHub {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    publish: (changes) => void emitter.emit("changes", changes),
    subscribe(listener) {
      emitter.on("changes", listener);
      return () => void emitter.off("changes", listener);
    },
  };
}
