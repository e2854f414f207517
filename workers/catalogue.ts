import { forgetOldAudits } from "./audit.ts";
import { cleanUp } from "./clean-up.ts";
import type { Consumer } from "./consumer.ts";
import { collectFiles, collectFilesRegularly, drawThumbnails, inspectFiles } from "./files.ts";
import type { JobHandler } from "./job.ts";
import type { Schedule } from "./schedule.ts";

/* Everything that runs beside the requests; one file per effect. */
export const consumers: readonly Consumer[] = [];
export const jobs: readonly JobHandler[] = [inspectFiles, drawThumbnails, collectFiles];
export const schedules: readonly Schedule[] = [cleanUp, forgetOldAudits, collectFilesRegularly];
