import * as fc from "fast-check";
import { expect } from "vitest";
import type { StoredChange } from "../../platform/feed.ts";
import { catchUp, foundProject } from "../../testing/analytics.ts";
import { generateHistory, writeHistory } from "../../testing/history.ts";
import { type Known, Retelling } from "../../testing/retelling.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { addDays, startOfDay } from "./calendar.ts";
import type { Category } from "./facts.ts";
import { percentile } from "./percentile.ts";

const organizationOf = async (scene: Scene) => {
  const { organization, owner } = await scene.organization();
  const people = [owner.userId, (await scene.join(organization.id, await scene.person(), "member")).userId];
  return { organizationId: organization.id, owner, people };
};

const zone = "America/Sao_Paulo";
const counts = (tasks: readonly Known[]) => ({
  tasks: tasks.length,
  minutes: tasks.reduce((sum, task) => sum + (task.estimateMinutes ?? 0), 0),
});

interface Size {
  seed: number;
  tasks: number;
  days: number;
}

/** Writes a history, asks for figures, and compares them with a retelling. */
async function expectFigures(scene: Scene, size: Size): Promise<void> {
  const { organizationId, owner, people } = await organizationOf(scene);
  const { manager, project } = await foundProject(scene, { organizationId, owner });
  const projectId = project.id;
  const since = new Date(Date.now() - (size.days + 3) * 86_400_000);
  const history = generateHistory({ ...size, organizationId, projectId, since, people });
  await writeHistory(scene.app.sql, `project:${projectId}`, history);
  await catchUp(scene);
  const from = addDays(since.toISOString().slice(0, 10), 5);
  const to = addDays(from, size.days - 6);
  const input = { scope: `project:${projectId}` as const, from, to, timeZone: zone };

  const [flow, burn, overdue, throughput, cycle, wip] = await Promise.all([
    manager.analytics.cumulativeFlow(input),
    manager.analytics.burnDown(input),
    manager.analytics.overdue(input),
    manager.analytics.throughput({ ...input, granularity: "week" }),
    manager.analytics.cycleTime(input),
    manager.analytics.workInProgress(input),
  ]);

  const told = new Retelling();
  let next = 0;
  expect(flow.points).toHaveLength(size.days - 5);
  expect(flow.points.at(-1)?.categories).not.toBeNull();
  for (const [at, point] of flow.points.entries()) {
    const end = startOfDay(addDays(point.to, 1), zone);
    for (; (history[next]?.at ?? "~") < end; next += 1) told.hear(history[next] as StoredChange);
    const byCategory = Map.groupBy(told.tasks.values(), (task) => told.categoryOf(task));
    const counted = new Map([...byCategory].map(([name, tasks]) => [name, counts(tasks)]));
    const of = (...names: Category[]) => {
      const found = names.map((name) => counted.get(name) ?? counts([]));
      const sum = (field: "tasks" | "minutes") => found.reduce((total, count) => total + count[field], 0);
      return { tasks: sum("tasks"), minutes: sum("minutes") };
    };
    const open = ["backlog", "todo", "in_progress"] satisfies Category[];
    expect(point.categories, point.to).toEqual({
      ...{ backlog: of("backlog"), todo: of("todo"), in_progress: of("in_progress") },
      ...{ done: of("done"), cancelled: of("cancelled") },
    });
    expect(burn.points[at]).toMatchObject({
      remaining: of(...open),
      completed: of("done"),
      scope: of(...open, "done"),
    });
    const late = open.flatMap((name) => byCategory.get(name) ?? []).filter(({ dueOn }) => dueOn && dueOn < point.to);
    expect(overdue.points[at]?.overdue, point.to).toEqual(counts(late));
    if (at === flow.points.length - 1) {
      const working = byCategory.get("in_progress") ?? [];
      const oldest = working.toSorted((a, b) => ((a.startedAt as string) < (b.startedAt as string) ? -1 : 1));
      expect(wip.items.map(({ startedAt }) => startedAt)).toEqual(oldest.slice(0, 2_000).map((task) => task.startedAt));
      expect(wip.points.at(-1)?.inProgress).toEqual(of("in_progress"));
    }
  }
  for (const change of history.slice(next)) told.hear(change);
  const kept = [...told.tasks.values()].filter(({ isGone }) => !isGone);
  const within = (at: string | null, first: string, last: string) => at !== null && at >= first && at < last;
  for (const point of throughput.points) {
    const days = [startOfDay(point.from, zone), startOfDay(addDays(point.to, 1), zone)] as const;
    expect(point.completed).toEqual(counts(kept.filter((task) => within(task.completedAt, ...days))));
    expect(point.created).toEqual(counts(kept.filter((task) => within(task.createdAt, ...days))));
  }
  const [first, last] = [startOfDay(from, zone), startOfDay(addDays(to, 1), zone)];
  const completed = kept.filter((task) => within(task.completedAt, first, last));
  const minutes = completed.flatMap(({ startedAt, completedAt }) =>
    startedAt ? Math.round((Date.parse(completedAt as string) - Date.parse(startedAt)) / 60_000) : [],
  );
  minutes.sort((a, b) => a - b);
  expect(cycle).toMatchObject({ completedTasks: completed.length, neverStarted: completed.length - minutes.length });
  expect(cycle.cycleMinutes).toEqual({
    p50: percentile(minutes, 50),
    p70: percentile(minutes, 70),
    p85: percentile(minutes, 85),
    p95: percentile(minutes, 95),
  });
}

test("the figures of a year of 10,000 tasks are those of a naive retelling", { timeout: 120_000 }, ({ scene }) =>
  expectFigures(scene, { seed: 1, tasks: 10_000, days: 365 }),
);

test("so are those of any other history", { timeout: 120_000 }, ({ scene }) =>
  fc.assert(
    fc.asyncProperty(
      fc.record({ seed: fc.nat(), tasks: fc.integer({ min: 10, max: 120 }), days: fc.integer({ min: 10, max: 60 }) }),
      (size) => expectFigures(scene, size),
    ),
    { seed: 20_261_125, numRuns: 15, endOnFailure: true },
  ),
);
