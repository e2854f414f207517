import * as fc from "fast-check";
import { expect } from "vitest";
import type { StoredChange } from "../../platform/feed.ts";
import { catchUp, foundProject, keptOf } from "../../testing/analytics.ts";
import { generateHistory, writeHistory } from "../../testing/history.ts";
import { Retelling } from "../../testing/retelling.ts";
import { type Caller, type Scene, test } from "../../testing/scene.ts";
import { generateTimeHistory } from "../../testing/time-history.ts";
import type { TimeEntryView } from "../time/time.view.ts";
import { addDays, startOfDay } from "./calendar.ts";
import { rebuildAnalytics } from "./rebuild-analytics.ts";

const zone = "America/Sao_Paulo";

/** What is booked in the end, with nothing but a map of entries. */
function retold(history: readonly StoredChange[]): TimeEntryView[] {
  const entries = new Map<string, TimeEntryView>();
  for (const { entity, type, op, entityId, patch } of history) {
    if (entity !== "timeEntry" || type === "time-entry.settled") continue;
    if (op === "delete") entries.delete(entityId);
    else entries.set(entityId, { ...entries.get(entityId), ...patch } as TimeEntryView);
  }
  return [...entries.values()];
}

interface Stay {
  sprintId: string | null;
  endedAt: string;
}

/** Each task as it is in the end, and where it stayed until then, in order. */
function tasksOf(history: readonly StoredChange[]) {
  const told = new Retelling();
  const stays = new Map<string, Stay[]>();
  for (const change of history) {
    told.hear(change);
    for (const [id, task] of told.tasks) {
      if (change.entity === "task" && change.entityId !== id) continue;
      const sprintId = told.categoryOf(task) ? task.sprintId : null;
      const known = stays.get(id) ?? [];
      const last = known.at(-1);
      if (last?.sprintId === sprintId) continue;
      if (last) last.endedAt = change.at;
      stays.set(id, [...known, { sprintId, endedAt: "~" }]);
    }
  }
  return { tasks: told.tasks, stays };
}

const spentOf = (entries: readonly TimeEntryView[]) => ({
  minutes: entries.reduce((sum, { durationMinutes }) => sum + durationMinutes, 0),
  billableMinutes: entries.reduce((sum, { durationMinutes, billable }) => sum + (billable ? durationMinutes : 0), 0),
});
const byKey = <Key extends string>(
  entries: readonly TimeEntryView[],
  name: Key,
  of: (entry: TimeEntryView) => string,
) => [...Map.groupBy(entries, of)].map(([key, same]) => ({ [name]: key, ...spentOf(same) }));

interface Size {
  seed: number;
  tasks: number;
  entries: number;
  days: number;
}

async function expectTime(scene: Scene, size: Size): Promise<void> {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  const member = await scene.join(organizationId, await scene.person(), "member");
  const { manager, project } = await foundProject(scene, { organizationId, owner });
  const projectId = project.id;
  await manager.projectMembers.add({ projectId, userId: member.userId, role: "viewer" });
  const people = [owner.userId, member.userId];
  const since = new Date(Date.now() - (size.days + 3) * 86_400_000);
  const from = addDays(since.toISOString().slice(0, 10), 1);
  const to = addDays(from, size.days - 1);
  const third = Math.floor(size.days / 3);
  const sprints = await Promise.all(
    [0, 1, 2].map((at) => {
      const startsOn = addDays(from, at * third);
      return manager.sprints.create({
        projectId,
        name: `Sprint ${at}`,
        startsOn,
        endsOn: addDays(startsOn, third - 1),
      });
    }),
  );
  const facts = { organizationId, projectId, people };
  const dated = sprints as { id: string; startsOn: string; endsOn: string }[];
  const history = generateHistory({ ...facts, ...size, since, sprints: dated });
  const taskIds = history.filter(({ type }) => type === "task.created").map(({ entityId }) => entityId);
  const timeHistory = generateTimeHistory({ ...facts, ...size, taskIds, from: addDays(from, -2), days: size.days + 4 });
  await writeHistory(scene.app.sql, `project:${projectId}`, history);
  await writeHistory(scene.app.sql, `project-time:${projectId}`, timeHistory);
  await catchUp(scene);

  const booked = retold(timeHistory);
  const within = (first: string, last: string, of = booked) =>
    of.filter(({ spentOn }) => spentOn >= first && spentOn <= last);
  const { tasks, stays } = tasksOf(history);
  const asked = { scope: `project:${projectId}` as const, from, to, timeZone: zone };

  /** Points, totals and drill-down of one question, against the entries that it is about. */
  const expectFigure = async (
    caller: Caller,
    input: typeof asked | { scope: `sprint:${string}` },
    all: TimeEntryView[],
    visible = booked,
  ) => {
    const question = { ...asked, ...input };
    for (const granularity of ["day", "week", "month"] as const) {
      const { points, total, people, estimated } = await caller.analytics.timeSpent({ ...question, granularity });
      const expected = within(from, to, all);
      for (const { from: first, to: last, ...spent } of points)
        expect(spent, first).toEqual(spentOf(within(first, last, all)));
      expect([points[0]?.from, points.at(-1)?.to, total]).toEqual([from, to, spentOf(expected)]);
      const sorted = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
      expect(sorted(people)).toEqual(sorted(byKey(expected, "userId", ({ userId }) => userId)));
      const carrying = [...new Set(expected.flatMap(({ taskId }) => taskId ?? []))].filter(
        (id) => tasks.get(id)?.estimateMinutes,
      );
      const actual = visible.filter(({ taskId, spentOn }) => carrying.includes(taskId ?? "") && spentOn <= to);
      expect(estimated).toEqual({
        tasks: carrying.length,
        estimateMinutes: carrying.reduce((sum, id) => sum + (tasks.get(id)?.estimateMinutes ?? 0), 0),
        actualMinutes: spentOf(actual).minutes,
      });
      if (granularity !== "month") continue;
      const { from: first, to: last } = points[0] as (typeof points)[number];
      const { items } = await caller.analytics.timeSpentTasks({ ...question, from: first, to: last, limit: 200 });
      const ofBar = byKey(within(first, last, all), "taskId", ({ taskId }) => taskId ?? "").sort(
        (a, b) => b.minutes - a.minutes,
      );
      expect(items.map(({ minutes }) => minutes)).toEqual(ofBar.slice(0, 200).map(({ minutes }) => minutes));
      for (const { taskId, minutes, billableMinutes } of items)
        expect(ofBar).toContainEqual({ taskId: taskId ?? "", minutes, billableMinutes });
    }
  };
  await expectFigure(manager, asked, booked);
  const own = booked.filter(({ userId }) => userId === member.userId);
  await expectFigure(scene.caller(member), asked, own, own);
  for (const { id, startsOn, endsOn } of dated) {
    const ofSprint = within(startsOn, addDays(endsOn, 1)).filter(({ taskId, spentOn }) => {
      const begin = startOfDay(spentOn, zone);
      return stays.get(taskId ?? "")?.find(({ sprintId, endedAt }) => sprintId && endedAt > begin)?.sprintId === id;
    });
    await expectFigure(manager, { scope: `sprint:${id}` }, ofSprint);
  }

  const kept = await keptOf(scene, projectId);
  await rebuildAnalytics(scene.ctx(null), { projectId });
  expect(await keptOf(scene, projectId)).toEqual(kept);
  expect(kept["time_entries"]).toHaveLength(booked.length);
}

test("the time of a year and 3,000 entries is that of a naive retelling", { timeout: 120_000 }, ({ scene }) =>
  expectTime(scene, { seed: 1, tasks: 300, entries: 3_000, days: 365 }),
);

test("so is that of any other history", { timeout: 120_000 }, ({ scene }) =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        tasks: fc.integer({ min: 3, max: 40 }),
        entries: fc.integer({ min: 5, max: 150 }),
        days: fc.integer({ min: 6, max: 60 }),
      }),
      (size) => expectTime(scene, size),
    ),
    { seed: 20_261_125, numRuns: 6, endOnFailure: true },
  ),
);
