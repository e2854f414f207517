import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "../server/errors.ts";
import type { GatewayOptions } from "./options.ts";

/** How much each socket may ask: steadily, and a burst on top for the moment after a reconnect. */
export function requestLimits(options: GatewayOptions) {
  const steady = new RateLimiterMemory({ points: options.requestsPerSecond, duration: 1 });
  const burst = new RateLimiterMemory({ points: options.requestBurst, duration: 30, keyPrefix: "burst" });
  const limiter = new BurstyRateLimiter(steady, burst);
  const refusals = new RateLimiterMemory({ points: options.maxRefusalsPerSecond, duration: 1, keyPrefix: "refusals" });
  return {
    /** @throws AppError `rate-limited`, with `details.disconnect` when the socket does not deserve to go on */
    async consume(socketId: string): Promise<void> {
      try {
        await limiter.consume(socketId);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const disconnect = await refusals.consume(socketId).then(
          () => false,
          () => true,
        );
        throw new AppError("rate-limited", "Too many requests on this socket.", {
          retryAfterSeconds: Math.max(1, Math.ceil(error.msBeforeNext / 1_000)),
          ...(disconnect ? { disconnect } : {}),
        });
      }
    },
  };
}
