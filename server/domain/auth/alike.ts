import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { PublicCtx } from "../../context.ts";

/** What is answered whether an address has an account or not. */
export const acceptedSchema = z.object({ status: z.literal("accepted") });
export type Accepted = z.output<typeof acceptedSchema>;

/** Longer than any difference between a known address and an unknown one: some rows, one flush. */
const answerAfterMs = 150;

/** Does `work` and answers `accepted`, always as late: nobody learns here who has an account. */
export async function answerAlike({ app }: PublicCtx, work: () => Promise<unknown>): Promise<Accepted> {
  const notBefore = setTimeout(app.config.NODE_ENV === "test" ? 0 : answerAfterMs);
  await work();
  await notBefore;
  return { status: "accepted" };
}
