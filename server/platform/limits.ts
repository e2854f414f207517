/** The budgets that calls draw from; each is `points` per `seconds` and key. */
export interface Limits {
  /** @throws AppError `rate-limited` with `details.retryAfterSeconds` */
  consume(limit: string, key: string, cost?: number): Promise<void>;
  /** Gives back the whole budget: after a sign-in that succeeded. */
  reset(limit: string, key: string): Promise<void>;
}
