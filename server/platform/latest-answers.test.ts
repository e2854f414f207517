import { gunzipSync } from "node:zlib";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { describeWith, redisScope } from "../testing/services.ts";
import type { KeptJson } from "./kept-json.ts";
import { createLatestAnswers, type LatestAnswers } from "./latest-answers.ts";
import { metrics } from "./metrics.ts";

const mebibyte = 1024 * 1024;

/** Asks as callers do, and tells whether the answer had to be computed. */
async function ask(answers: LatestAnswers, name: string, version: string, rows: object) {
  let computed = false;
  const compute = async () => {
    computed = true;
    return rows;
  };
  const json = await (answers.find(name, version)?.json ?? answers.make(name, version, compute));
  return { answer: JSON.parse(json.text.toString()) as unknown, computed };
}

describe("in process", () => {
  const create = (maxBytes = mebibyte) => createLatestAnswers("latest-test", maxBytes);

  test("answers a version as it was computed first, and another version anew, newer or older", async () => {
    const answers = create();
    const rows = { name: "ä", none: null };
    expect(await ask(answers, "a", "1", rows)).toEqual({ answer: rows, computed: true });
    expect(await ask(answers, "a", "1", {})).toEqual({ answer: rows, computed: false });
    expect(await ask(answers, "b", "1", {})).toEqual({ answer: {}, computed: true });
    expect(await ask(answers, "a", "2", { two: 2 })).toEqual({ answer: { two: 2 }, computed: true });
    expect(await ask(answers, "a", "1", { again: 1 })).toEqual({ answer: { again: 1 }, computed: true });
  });

  test("computes once for all who ask at the same time", async () => {
    const answers = create();
    const all = await Promise.all(Array.from({ length: 100 }, (_, at) => ask(answers, "a", "1", { at })));
    expect(all.filter(({ computed }) => computed)).toHaveLength(1);
    expect(new Set(all.map(({ answer }) => JSON.stringify(answer)))).toEqual(new Set(['{"at":0}']));
  });

  test("a failure is that of all who wait, and nothing is kept of it", async () => {
    const answers = create();
    const failing = answers.make("a", "1", () => Promise.reject(new Error("no")));
    const waiting = answers.find("a", "1")?.json;
    await expect(failing).rejects.toThrow("no");
    await expect(waiting).rejects.toThrow("no");
    expect(await ask(answers, "a", "1", { later: 1 })).toEqual({ answer: { later: 1 }, computed: true });
  });

  test.for([
    ["as much as there is room for", 100, true],
    ["nothing larger than the room", 2 * mebibyte, false],
  ] as const)("keeps %s", async ([, length, isKept]) => {
    const answers = create();
    await ask(answers, "a", "1", { text: "x".repeat(length) });
    expect((await ask(answers, "a", "1", {})).computed).toBe(!isKept);
  });

  test("gives room to the newest", async () => {
    const answers = create();
    const half = { text: "x".repeat(mebibyte / 2) };
    for (const name of ["a", "b"]) await ask(answers, name, "1", half);
    expect((await ask(answers, "b", "1", {})).computed).toBe(false);
    expect((await ask(answers, "a", "1", {})).computed).toBe(true);
  });

  test("without room keeps nothing", async () => {
    const answers = create(0);
    for (const at of [1, 2]) expect(await ask(answers, "a", "1", { at })).toEqual({ answer: { at }, computed: true });
  });

  test("counts hits and misses", async () => {
    const answers = create();
    await ask(answers, "a", "1", {});
    await ask(answers, "a", "1", {});
    const shown = await metrics.metrics();
    expect(shown).toMatch(/taskwire_cache_requests_total\{cache="latest-test",result="hit"\} [1-9]/);
    expect(shown).toMatch(/taskwire_cache_requests_total\{cache="latest-test",result="miss"\} [1-9]/);
  });
});

describeWith("redis", "shared", (url) => {
  async function withRedis(work: (open: () => LatestAnswers, redis: Redis) => Promise<void>): Promise<void> {
    const scope = redisScope(url);
    const redis = new Redis(url, { keyPrefix: scope.prefix, enableOfflineQueue: false, lazyConnect: true });
    await redis.connect();
    try {
      await work(() => createLatestAnswers("latest-test", mebibyte, redis), redis);
    } finally {
      redis.disconnect();
      await scope.clean();
    }
  }
  const keyOfA = "cache:latest-test:a";
  /** Asked for twice, so that it is shared. */
  async function shareOf(answers: LatestAnswers, redis: Redis, version: string, rows: object): Promise<void> {
    for (const _ of [1, 2]) await ask(answers, "a", version, rows);
    await expect.poll(() => redis.hexists(keyOfA, version)).toBe(1);
  }

  test("one process answers what another was asked for twice, and only at that version", () =>
    withRedis(async (open, redis) => {
      const [one, other] = [open(), open()];
      await shareOf(one, redis, "1", { by: "one" });
      expect(await ask(other, "a", "1", {})).toEqual({ answer: { by: "one" }, computed: false });
      expect(await ask(other, "a", "2", { by: "other" })).toEqual({ answer: { by: "other" }, computed: true });
    }));

  test("what others wait for is shared, what nobody asks for again is not", () =>
    withRedis(async (open, redis) => {
      await ask(open(), "lonely", "1", {});
      const answers = open();
      await Promise.all([ask(answers, "a", "1", {}), ask(answers, "a", "1", {})]);
      await expect.poll(() => redis.hexists(keyOfA, "1")).toBe(1);
      expect(await redis.exists("cache:latest-test:lonely")).toBe(0);
    }));

  test("holds one version of each name, for ten minutes at most", () =>
    withRedis(async (open, redis) => {
      const answers = open();
      await shareOf(answers, redis, "1", {});
      await shareOf(answers, redis, "2", {});
      expect(await redis.hkeys(keyOfA)).toEqual(["2"]);
      expect(await redis.pttl(keyOfA)).toSatisfy((ms: number) => ms > 0 && ms <= 600_000);
    }));

  test("what Redis holds and nobody can read is a miss", () =>
    withRedis(async (open, redis) => {
      await redis.hset(keyOfA, "1", "no gzip");
      expect(await ask(open(), "a", "1", { by: "me" })).toEqual({ answer: { by: "me" }, computed: true });
    }));

  test("without Redis, or with one that does not answer, each process computes", () =>
    withRedis(async (open, redis) => {
      await shareOf(open(), redis, "1", { by: "one" });
      const blocking = redis.blpop("nothing", 0).catch(() => null); // holds up all that follows on this connection
      expect(await ask(open(), "a", "1", { by: "slow" })).toEqual({ answer: { by: "slow" }, computed: true });
      redis.disconnect();
      await blocking;
      expect(await ask(open(), "a", "1", { by: "lost" })).toEqual({ answer: { by: "lost" }, computed: true });
    }));
});

test("a compressed form is made once, and of what stands around the text too", async () => {
  const answers = createLatestAnswers("latest-test", mebibyte);
  const json: KeptJson = await answers.make("a", "1", async () => ({ a: 1 }));
  const around = ["[", "]"] as const;
  const [plain, wrapped, again] = await Promise.all([json.gzip(), json.gzip(around), json.gzip(around)]);
  expect(again).toBe(wrapped);
  expect([plain, wrapped].map((bytes) => gunzipSync(bytes).toString())).toEqual(['{"a":1}', '[{"a":1}]']);
});
