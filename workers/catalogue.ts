import { analyticsProjections } from "../server/domain/analytics/rebuild-analytics.ts";
import type { Projection } from "../server/domain/projection.ts";
import { forgetOldAudits } from "./audit.ts";
import { cleanUp } from "./clean-up.ts";
import type { Consumer } from "./consumer.ts";
import { sendLetters } from "./email.ts";
import { collectFiles, collectFilesRegularly, drawThumbnails, inspectFiles } from "./files.ts";
import type { JobHandler } from "./job.ts";
import {
  dispatchRegularly,
  dispatchSoon,
  followSubjects,
  notifyPeople,
  remindOfDates,
  tidyRegularly,
  wakeSnoozed,
} from "./notifications.ts";
import { giveNewKeys, makeTasksAgain, remindPeople } from "./planning.ts";
import { forgetSignedOut, sendPushes } from "./push.ts";
import type { Schedule } from "./schedule.ts";
import { lockSheets, lockSheetsRegularly } from "./time.ts";

/* Everything that runs beside the requests; one file per effect. */
export const consumers: readonly Consumer[] = [notifyPeople, followSubjects, forgetSignedOut];
export const jobs: readonly JobHandler[] = [
  inspectFiles,
  drawThumbnails,
  collectFiles,
  dispatchSoon,
  wakeSnoozed,
  giveNewKeys,
  lockSheets,
  sendLetters,
  sendPushes,
];
export const schedules: readonly Schedule[] = [
  cleanUp,
  forgetOldAudits,
  collectFilesRegularly,
  dispatchRegularly,
  lockSheetsRegularly,
  makeTasksAgain,
  remindOfDates,
  remindPeople,
  tidyRegularly,
];
export const projections: readonly Projection[] = analyticsProjections;
