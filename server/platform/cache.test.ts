import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { describeWith, redisScope } from "../testing/services.ts";
import { type Cache, createCache } from "./cache.ts";
import { metrics } from "./metrics.ts";

/** Asks for `key`, and tells whether it had to be computed. */
async function ask(cache: Cache, key: string, value: unknown): Promise<{ answer: unknown; computed: boolean }> {
  let computed = false;
  const answer = await cache.through("test", key, async () => {
    computed = true;
    return value;
  });
  return { answer, computed };
}

/** What both implementations promise. */
function promises(withCache: (work: (cache: Cache) => Promise<void>) => Promise<void>): void {
  test("answers a key as it was computed first, and another key anew", () =>
    withCache(async (cache) => {
      const rows = [{ at: 1, name: "ä", none: null }];
      expect(await ask(cache, "one", rows)).toEqual({ answer: rows, computed: true });
      await expect.poll(() => ask(cache, "one", rows)).toEqual({ answer: rows, computed: false });
      expect(await ask(cache, "two", [])).toEqual({ answer: [], computed: true });
    }));

  test("keeps nothing of what failed, nor what is too large", () =>
    withCache(async (cache) => {
      const failing = cache.through("test", "one", () => Promise.reject(new Error("no")));
      await expect(failing).rejects.toThrow("no");
      const large = "x".repeat(1_200_000);
      expect((await ask(cache, "one", large)).computed).toBe(true);
      expect((await ask(cache, "one", large)).computed).toBe(true);
    }));

  test("counts hits and misses", () =>
    withCache(async (cache) => {
      await ask(cache, "one", 1);
      await expect.poll(() => ask(cache, "one", 1)).toMatchObject({ computed: false });
      const shown = await metrics.metrics();
      expect(shown).toMatch(/taskwire_cache_requests_total\{cache="test",result="hit"\} [1-9]/);
      expect(shown).toMatch(/taskwire_cache_requests_total\{cache="test",result="miss"\} [1-9]/);
    }));
}

describe("in process", () => promises((work) => work(createCache())));

describeWith("redis", "shared", (url) => {
  async function withRedis(work: (cache: Cache, redis: Redis) => Promise<void>): Promise<void> {
    const scope = redisScope(url);
    const redis = new Redis(url, { keyPrefix: scope.prefix, enableOfflineQueue: false, lazyConnect: true });
    await redis.connect();
    try {
      await work(createCache(redis), redis);
    } finally {
      redis.disconnect();
      await scope.clean();
    }
  }
  promises(withRedis);

  test("one process answers what another computed", () =>
    withRedis(async (cache, redis) => {
      await ask(cache, "one", 1);
      await expect.poll(() => ask(createCache(redis), "one", 1)).toEqual({ answer: 1, computed: false });
    }));

  test("without Redis each call computes", () =>
    withRedis(async (cache, redis) => {
      await ask(cache, "one", 1);
      redis.disconnect();
      expect(await ask(cache, "one", 2)).toEqual({ answer: 2, computed: true });
    }));

  test("a Redis that does not answer in time is a miss", () =>
    withRedis(async (cache, redis) => {
      await ask(cache, "one", 1);
      await expect.poll(() => ask(cache, "one", 1)).toMatchObject({ computed: false });
      const blocking = redis.blpop("nothing", 0).catch(() => null); // holds up all that follows on this connection
      expect(await ask(cache, "one", 2)).toEqual({ answer: 2, computed: true });
      redis.disconnect();
      await blocking;
    }));
});
