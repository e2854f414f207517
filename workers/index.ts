import type { App } from "../server/context.ts";
import { consumers, jobs, projections, schedules } from "./catalogue.ts";
import { defaultOptions } from "./engine/options.ts";
import { startWith, type Workers } from "./engine/start-workers.ts";

/** Starts what runs beside the requests: all of the catalogue, or the part that `WORKERS` names. */
export const startWorkers = (app: App): Promise<Workers> =>
  startWith(app, { ...defaultOptions, only: app.config.WORKERS, consumers, jobs, schedules, projections });
