import type { PublicCtx } from "../../context.ts";
import { addressKey } from "../../platform/address.ts";

/** Draws from the budget of the caller's address. @throws AppError `rate-limited` */
export const throttleAddress = (
  ctx: PublicCtx,
  limit: `${"sign-in" | "register" | "refresh" | "identity" | "mail-proof"}:ip`,
): Promise<void> => ctx.app.limits.consume(limit, addressKey(ctx.origin.ip));
