import { z } from "zod";
import { declareJob } from "../../platform/jobs.ts";

/** Sends what is due by now. */
export const dispatchJob = declareJob({ name: "notification.dispatch", input: z.strictObject({}) });

/** Brings back what was snoozed until now. */
export const wakeJob = declareJob({ name: "notification.wake", input: z.strictObject({ notificationId: z.uuid() }) });
