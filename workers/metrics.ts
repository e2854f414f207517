import { Counter, Gauge, Histogram } from "prom-client";

const labelNames = ["consumer"] as const;

const durations = new Histogram({
  name: "taskwire_worker_attempt_duration_seconds",
  help: "Attempts by consumer (or job) and outcome: done, failed (tried again), dead",
  labelNames: ["consumer", "outcome"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});
const attempts = new Histogram({
  name: "taskwire_worker_attempts",
  help: "How many attempts it took until something was done or given up",
  labelNames,
  buckets: [1, 2, 3, 5, 8, 13],
});
const waits = new Histogram({
  name: "taskwire_worker_lag_seconds",
  help: "From the change or the enqueuing to the end of its handling",
  labelNames,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600],
});
const attemptsStarted = new Counter({
  name: "taskwire_worker_attempts_total",
  help: "Attempts by consumer (or job)",
  labelNames,
});
const inFlight = new Gauge({
  name: "taskwire_worker_in_flight",
  help: "Messages that this process holds, running or waiting for their turn",
  labelNames,
});

export function observeAttempt(consumer: string, outcome: string, durationMs: number, attempt: number, at: string) {
  attemptsStarted.inc({ consumer });
  durations.observe({ consumer, outcome }, durationMs / 1_000);
  if (outcome === "failed") return;
  attempts.observe({ consumer }, attempt);
  waits.observe({ consumer }, Math.max(0, Date.now() - Date.parse(at)) / 1_000);
}

export async function countInFlight<T>(consumer: string, work: () => Promise<T>): Promise<T> {
  inFlight.inc({ consumer });
  try {
    return await work();
  } finally {
    inFlight.dec({ consumer });
  }
}
