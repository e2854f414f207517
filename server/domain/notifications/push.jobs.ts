import { z } from "zod";
import { declareJob } from "../../platform/jobs.ts";

/** Sends a delivery to the person's devices. */
export const pushJob = declareJob({ name: "push.send", input: z.strictObject({ deliveryId: z.uuid() }) });
