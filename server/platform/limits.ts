import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";

/** The budgets that calls draw from; each is `points` per `seconds` and key. */
export interface Limits {
  /** @throws AppError `rate-limited` with `details.retryAfterSeconds` */
  consume(limit: string, key: string, cost?: number): Promise<void>;
  /** Gives back the whole budget: after a sign-in that succeeded. */
  reset(limit: string, key: string): Promise<void>;
}

declare module "./services.ts" {
  interface Services {
    readonly limits: Limits;
  }
}

interface Budget {
  readonly points: number;
  readonly seconds: number;
  /** How many points a process takes from Redis at once, so that most calls need no round trip. */
  readonly lease?: number;
}

/** Many people may share an address, so addresses have a multiple of what one account has. */
function budgets(config: Pick<Config, "RATE_LIMIT_PER_MINUTE" | "AUTH_LIMIT_PER_MINUTE">): Record<string, Budget> {
  const auth = config.AUTH_LIMIT_PER_MINUTE;
  const perMinute = (points: number): Budget => ({ points, seconds: 60 });
  return {
    call: { ...perMinute(config.RATE_LIMIT_PER_MINUTE), lease: Math.ceil(config.RATE_LIMIT_PER_MINUTE / 100) },
    "sign-in:account": perMinute(auth),
    "sign-in:ip": perMinute(auth * 10),
    "register:ip": perMinute(auth),
    "refresh:ip": perMinute(auth * 30),
    "refresh:session": perMinute(auth * 3),
    "password:account": perMinute(auth),
    "second-factor:account": perMinute(auth),
    // Six digits, three of which hold at a time: at a hundred tries a day a guess takes years.
    "second-factor:day": { points: auth * 10, seconds: 86_400 },
    "recovery-code:account": perMinute(auth),
    "identity:ip": perMinute(auth * 10),
    "mail-proof:ip": perMinute(auth * 10),
    "mail-proof:account": { points: auth, seconds: 3_600 },
    "mail-proof:address": { points: auth, seconds: 3_600 },
    "share-link:password": perMinute(auth),
  };
}

/** The consuming part of a limiter, in memory or in Redis. */
interface Limiter {
  consume(key: string, cost: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/**
 * Counts in memory, or in Redis for all processes together; while Redis is away every process counts for itself.
 *
 * @throws Error for a limit that has no budget
 */
export function createLimits(
  config: Pick<Config, "RATE_LIMIT_PER_MINUTE" | "AUTH_LIMIT_PER_MINUTE">,
  redis?: Redis,
): Limits {
  const limiters = new Map(
    Object.entries(budgets(config)).map(([name, budget]) => [name, limiter(name, budget, redis)] as const),
  );
  const limiterOf = (name: string) => {
    const found = limiters.get(name);
    if (!found) throw new Error(`There is no limit called ${name}`);
    return found;
  };
  return {
    async consume(name, key, cost = 1) {
      try {
        await limiterOf(name).consume(key, cost);
      } catch (error) {
        throw error instanceof RateLimiterRes ? rateLimited(name, error.msBeforeNext) : error;
      }
    },
    async reset(name, key) {
      await limiterOf(name).delete(key);
    },
  };
}

function limiter(name: string, { points, seconds, lease }: Budget, redis: Redis | undefined): Limiter {
  const options = { keyPrefix: `limit:${name}`, points, duration: seconds };
  const memory = new RateLimiterMemory(options);
  if (!redis) return memory;
  const shared = new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true, // no waiting for Redis: the memory counts meanwhile
    insuranceLimiter: memory,
  });
  return lease ? leasing(shared, lease) : shared;
}

/** Takes `lease` points at once from a shared limiter and spends them in memory until its window ends. */
function leasing(shared: RateLimiterRedis, lease: number): Limiter {
  const held = new Map<string, { points: number; until: number }>();
  const asked = new Map<string, Promise<void>>();

  async function ask(key: string, cost: number): Promise<void> {
    const points = Math.max(lease, cost);
    const { msBeforeNext } = await shared.consume(key, points);
    held.set(key, { points, until: Date.now() + msBeforeNext });
    setTimeout(() => held.delete(key), msBeforeNext).unref();
  }

  return {
    async consume(key, cost) {
      for (;;) {
        const own = held.get(key);
        if (own && own.points >= cost && own.until > Date.now()) {
          own.points -= cost;
          return;
        }
        let asking = asked.get(key);
        if (!asking) {
          asking = ask(key, cost).finally(() => asked.delete(key));
          asked.set(key, asking);
        }
        await asking;
      }
    },
    async delete(key) {
      held.delete(key);
      await shared.delete(key);
    },
  };
}

function rateLimited(limit: string, msBeforeNext: number): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return new AppError("rate-limited", `Too many requests; try again in ${retryAfterSeconds} s.`, {
    limit,
    retryAfterSeconds,
  });
}
