import { cleanUp } from "./clean-up.ts";
import type { Consumer } from "./consumer.ts";
import type { JobHandler } from "./job.ts";
import type { Schedule } from "./schedule.ts";

/* Everything that runs beside the requests; one file per effect. */
export const consumers: readonly Consumer[] = [];
export const jobs: readonly JobHandler[] = [];
export const schedules: readonly Schedule[] = [cleanUp];
