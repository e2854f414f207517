import type { Redis } from "ioredis";

/** Redis for what can be done without it. */
export interface PatientRedis {
  /** undefined when Redis is away, fails, or takes longer than `patienceMs`. Never fails. */
  ask<T>(command: (redis: Redis) => Promise<T>): Promise<T | undefined>;
  /** Returns at once; whether it was done is not told. */
  tell(command: (redis: Redis) => Promise<unknown>): void;
}

const patienceMs = 50;
/** After Redis was too slow or failed, it is not asked for so long. */
const pauseMs = 1_000;

export function patiently(redis: Redis): PatientRedis {
  let pausedUntil = 0;
  const isAway = () => redis.status !== "ready" || performance.now() < pausedUntil;
  const pause = () => {
    pausedUntil = performance.now() + pauseMs;
    return undefined;
  };

  return {
    async ask(command) {
      if (isAway()) return undefined;
      const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
      // One turn of the loop more: an answer that came while this process was busy is not late.
      const timer = setTimeout(() => setImmediate(() => resolve(undefined)), patienceMs);
      let isAnswered = false;
      const asked = command(redis).then(
        (answer) => {
          isAnswered = true;
          return answer;
        },
        () => {
          isAnswered = true;
          return pause();
        },
      );
      const answer = await Promise.race([asked, tooLate]);
      clearTimeout(timer);
      if (!isAnswered) pause();
      return answer;
    },
    tell(command) {
      if (!isAway()) command(redis).catch(pause);
    },
  };
}
