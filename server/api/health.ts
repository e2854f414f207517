import { Router } from "express";
import type { App } from "../context.ts";
import { notFound } from "../errors.ts";
import { serviceNames } from "../platform/named-services.ts";
import { version } from "./product.ts";

/** Something that the process needs, or works worse without. */
export interface Dependency {
  /** Rejects when the dependency is down. */
  check(): Promise<unknown>;
  /** Without it the process takes no traffic. */
  readonly required: boolean;
}

const waitMs = 2_000;
/** Probes come from anywhere and often: the dependencies are asked at most once in this time. */
const reuseMs = 1_000;

/** What the process says about itself under /health; `isDraining` is true from the moment it is about to stop. */
export function health(app: App, others: Readonly<Record<string, Dependency>>, isDraining: () => boolean): Router {
  const { redis } = app;
  const dependencies: Record<string, Dependency> = {
    database: { check: () => app.sql.query("select 1"), required: true },
    ...(redis ? { redis: { check: () => redis.ping(), required: false } } : {}),
    ...others,
  };
  let latest: { at: number; states: Promise<States> } | null = null;
  const states = () => {
    if (!latest || Date.now() - latest.at > reuseMs) latest = { at: Date.now(), states: askAll(dependencies) };
    return latest.states;
  };
  const about = (service: string, status = "healthy") => ({
    status,
    service,
    timestamp: new Date().toISOString(),
    version,
  });

  return Router()
    .get("/", (_req, res) => void res.json(about("taskwire")))
    .get("/live", (_req, res) => void res.json(about("taskwire")))
    .get("/ready", async (_req, res) => {
      const found = await states();
      const down = Object.entries(found).some(
        ([name, { status }]) => status === "down" && dependencies[name]?.required,
      );
      const status = isDraining() ? "draining" : down ? "unhealthy" : "healthy";
      res.status(status === "healthy" ? 200 : 503).json({ ...about("taskwire", status), dependencies: found });
    })
    .get("/:service", (req, res) => {
      const { service } = req.params;
      if (!serviceNames.includes(service)) throw notFound("service");
      res.json(about(service));
    });
}

type States = Record<string, { status: "up" | "down"; latencyMs: number }>;

async function askAll(dependencies: Readonly<Record<string, Dependency>>): Promise<States> {
  const asked = Object.entries(dependencies).map(async ([name, { check }]) => {
    const startedAt = performance.now();
    const isUp = await within(waitMs, check());
    return [name, { status: isUp ? "up" : "down", latencyMs: Math.round(performance.now() - startedAt) }] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

/** Whether a promise is fulfilled in time. */
function within(timeoutMs: number, asked: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs, false);
    asked
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}
