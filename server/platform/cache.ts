import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { observeCache } from "./metrics.ts";
import { patiently } from "./patient-redis.ts";

/**
 * Answers that were computed before. A key must name all that decides the answer, the version of its data included, so
 * that a write makes another key and nothing is ever taken back; old entries expire.
 */
export interface Cache {
  /** Never fails and never waits long for the cache itself: an outage is a miss. */
  through<T>(cache: string, key: string, compute: () => Promise<T>): Promise<T>;
}

declare module "./services.ts" {
  interface Services {
    readonly cache: Cache;
  }
}

const ttlMs = 600_000;
const maxEntryLength = 1024 * 1024;
const maxTotalLength = 32 * 1024 * 1024;

/** Texts by key. `set` returns at once. */
interface Shelf {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string): void;
}

/** In Redis for all processes together, or in this one. */
export function createCache(redis?: Redis): Cache {
  const shelf = redis ? redisShelf(redis) : processShelf();
  return {
    async through<T>(cache: string, key: string, compute: () => Promise<T>): Promise<T> {
      const name = `cache:${cache}:${key}`;
      const held = await shelf.get(name);
      observeCache(cache, held === undefined ? "miss" : "hit");
      if (held !== undefined) return JSON.parse(held) as T;
      const answer = await compute();
      const text = JSON.stringify(answer);
      if (text.length <= maxEntryLength) shelf.set(name, text);
      return answer;
    },
  };
}

function processShelf(): Shelf {
  const texts = new LRUCache<string, string>({
    ttl: ttlMs,
    maxSize: maxTotalLength,
    sizeCalculation: (text, key) => text.length + key.length,
  });
  return { get: async (key) => texts.get(key), set: (key, text) => void texts.set(key, text) };
}

function redisShelf(redis: Redis): Shelf {
  const patient = patiently(redis);
  return {
    get: async (key) => (await patient.ask((redis) => redis.get(key))) ?? undefined,
    set: (key, text) => patient.tell((redis) => redis.set(key, text, "PX", ttlMs)),
  };
}
