import type { App } from "../server/context.ts";
import { consumers, jobs, projections, schedules } from "./catalogue.ts";
import { defaultOptions } from "./engine/options.ts";
import { registerConsumers } from "./engine/reconcile.ts";
import { startWith, type Workers } from "./engine/start-workers.ts";

/** Starts what runs beside the requests: all of the catalogue, or the part that `WORKERS` names. */
export const startWorkers = (app: App): Promise<Workers> =>
  startWith(app, { ...defaultOptions, only: app.config.WORKERS, consumers, jobs, schedules, projections });

/** To be called before requests are taken: what they change is owed to all of the catalogue, whenever workers start. */
export const expectWorkers = (app: App): Promise<void> => registerConsumers(app.sql, consumers);
