import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { describeWith, redisScope } from "../testing/services.ts";
import { createLimits, type Limits } from "./limits.ts";

const config = { RATE_LIMIT_PER_MINUTE: 200, AUTH_LIMIT_PER_MINUTE: 3 };

async function spend(limits: Limits, limit: string, key: string, times: number): Promise<number> {
  let granted = 0;
  for (let at = 0; at < times; at += 1) {
    await limits.consume(limit, key).then(
      () => (granted += 1),
      () => {},
    );
  }
  return granted;
}

const exhausted = {
  code: "rate-limited",
  details: { retryAfterSeconds: expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= 60) },
};

describe("in memory", () => {
  test("a budget belongs to one limit and one key", async () => {
    const limits = createLimits(config);

    expect(await spend(limits, "sign-in:account", "a", 5)).toBe(3);
    await expect(limits.consume("sign-in:account", "a")).rejects.toMatchObject(exhausted);
    expect(await spend(limits, "sign-in:account", "b", 1)).toBe(1);
    expect(await spend(limits, "password:account", "a", 1)).toBe(1);
  });

  test("a reset gives the whole budget back", async () => {
    const limits = createLimits(config);
    await spend(limits, "sign-in:account", "a", 3);
    await limits.reset("sign-in:account", "a");

    expect(await spend(limits, "sign-in:account", "a", 5)).toBe(3);
  });

  test("a cost counts as many calls", async () => {
    const limits = createLimits(config);
    await limits.consume("call", "a", 195);

    expect(await spend(limits, "call", "a", 10)).toBe(5);
  });

  test("an unknown limit is a mistake, not a free pass", async () => {
    await expect(createLimits(config).consume("nothing", "a")).rejects.toThrow("no limit called nothing");
  });
});

describeWith("redis", "shared", (url) => {
  async function withTwo(work: (one: Limits, other: Limits, redis: Redis) => Promise<void>): Promise<void> {
    const scope = redisScope(url);
    const redis = new Redis(url, { keyPrefix: scope.prefix, enableOfflineQueue: false, lazyConnect: true });
    await redis.connect();
    try {
      await work(createLimits(config, redis), createLimits(config, redis), redis);
    } finally {
      redis.disconnect();
      await scope.clean();
    }
  }

  test("processes spend one budget together", () =>
    withTwo(async (one, other) => {
      expect((await spend(one, "sign-in:ip", "a", 20)) + (await spend(other, "sign-in:ip", "a", 20))).toBe(30);
      await expect(other.consume("sign-in:ip", "a")).rejects.toMatchObject(exhausted);
    }));

  test("calls are granted in leases, and never more than the budget", () =>
    withTwo(async (one, other) => {
      const [here, there] = await Promise.all([spend(one, "call", "a", 150), spend(other, "call", "a", 150)]);

      expect(here + there).toBeGreaterThanOrEqual(198); // less than one lease may lie unspent in each
      expect(here + there).toBeLessThanOrEqual(200);
      await expect(one.consume("call", "a")).rejects.toMatchObject(exhausted);
    }));

  test("without Redis each process counts for itself, at once", () =>
    withTwo(async (one, _other, redis) => {
      redis.disconnect();
      expect(await spend(one, "sign-in:account", "a", 5)).toBe(3);
      expect(await spend(one, "call", "a", 10)).toBe(10);
    }));
});
