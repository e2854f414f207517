import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { KeptJson } from "./kept-json.ts";
import { observeCache } from "./metrics.ts";
import { type PatientRedis, patiently } from "./patient-redis.ts";

/**
 * Of each name the answer of its newest version that was asked for. A version must name all that decides the answer, so
 * that nothing is ever taken back: an answer of another version is none.
 */
export interface LatestAnswers {
  /** The answer of exactly this version, where this process has it or is making it. */
  find(name: string, version: string): { readonly json: Promise<KeptJson> } | undefined;
  /**
   * For who found nothing: takes the answer from another process or computes it, and all who ask meanwhile wait for the
   * same. Never waits long for Redis, and fails only if `compute` does; then for all of them.
   */
  make(name: string, version: string, compute: () => Promise<object>): Promise<KeptJson>;
}

declare module "./services.ts" {
  interface Services {
    readonly snapshots: LatestAnswers;
  }
}

interface Entry {
  readonly version: string;
  readonly json: KeptJson;
  isShared: boolean;
}
interface Flight {
  readonly json: Promise<KeptJson>;
  isAwaited: boolean;
}

const ttlMs = 600_000;
/** Compressed; what is larger is cheaper to compute than to carry. */
const maxSharedBytes = 2 * 1024 * 1024;
/** Compressed forms are kept beside the text: a tenth each, seldom more. */
const sizeOf = ({ json }: Entry, name: string) => Math.ceil(json.text.length * 1.25) + name.length;

/**
 * In this process, and in Redis for the others.
 *
 * @param cache names it in metrics and in Redis
 * @param maxBytes of memory; 0: nothing is kept
 */
export function createLatestAnswers(cache: string, maxBytes: number, redis?: Redis): LatestAnswers {
  if (maxBytes === 0)
    return { find: () => undefined, make: async (_name, _version, compute) => jsonOf(await compute()) };
  const entries = new LRUCache<string, Entry>({ ttl: ttlMs, maxSize: maxBytes, sizeCalculation: sizeOf });
  const flights = new Map<string, Flight>();
  const shelf = redis && sharedShelf(cache, patiently(redis));

  function share(name: string, entry: Entry): void {
    if (entry.isShared) return;
    entry.isShared = true;
    void shelf?.put(name, entry.version, entry.json);
  }

  return {
    find(name, version) {
      const entry = entries.get(name);
      const flight = flights.get(flightOf(name, version));
      if (entry?.version === version) {
        observeCache(cache, "hit");
        share(name, entry); // what is asked for twice here is asked for elsewhere
        return { json: Promise.resolve(entry.json) };
      }
      if (!flight) return undefined;
      observeCache(cache, "hit");
      flight.isAwaited = true;
      return flight;
    },

    async make(name, version, compute) {
      observeCache(cache, "miss");
      const key = flightOf(name, version);
      const work = async () => {
        const shared = await shelf?.get(name, version);
        const json = shared ?? jsonOf(await compute());
        const entry = { version, json, isShared: shared !== undefined };
        entries.set(name, entry);
        if (flight.isAwaited) share(name, entry);
        return json;
      };
      const flight: Flight = { json: Promise.resolve().then(work), isAwaited: false };
      flights.set(key, flight);
      try {
        return await flight.json;
      } finally {
        if (flights.get(key) === flight) flights.delete(key);
      }
    },
  };
}

const flightOf = (name: string, version: string) => `${name} ${version}`;
const jsonOf = (answer: object) => new KeptJson(Buffer.from(JSON.stringify(answer)));

/** One answer per name: a hash of one field, which is the version. */
function sharedShelf(cache: string, redis: PatientRedis) {
  const keyOf = (name: string) => `cache:${cache}:${name}`;
  const observe = (held: boolean) => observeCache(`${cache}-shared`, held ? "hit" : "miss");
  return {
    async get(name: string, version: string): Promise<KeptJson | undefined> {
      const bytes = await redis.ask((redis) => redis.hgetBuffer(keyOf(name), version));
      observe(Boolean(bytes));
      return bytes ? KeptJson.fromGzip(bytes).catch(() => undefined) : undefined;
    },
    async put(name: string, version: string, json: KeptJson): Promise<void> {
      const bytes = await json.gzip();
      if (bytes.length > maxSharedBytes) return;
      const key = keyOf(name);
      redis.tell((redis) => redis.multi().del(key).hset(key, version, bytes).pexpire(key, ttlMs).exec());
    },
  };
}
