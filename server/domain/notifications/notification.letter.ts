import { z } from "zod";
import { declareJob } from "../../platform/jobs.ts";

/** Sends a delivery to the person's address. */
export const mailJob = declareJob({ name: "notification.mail", input: z.strictObject({ deliveryId: z.uuid() }) });
