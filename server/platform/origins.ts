import type { Config } from "../config.ts";

const local = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Whether pages of an origin may call with a person's cookie: our own, the configured, in development any on this machine. */
export function isAllowedOrigin(config: Config, origin: string): boolean {
  if (config.NODE_ENV !== "production" && local.test(origin)) return true;
  return origin === new URL(config.publicUrl).origin || config.CORS_ORIGINS.includes(origin);
}
