import { expect, test } from "vitest";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../../server/testing/workers.ts";
import { defineSchedule, nextRun } from "../schedule.ts";

test.for([
  ["0 9 * * *", "Europe/Berlin", "2026-01-10T12:00:00Z", "2026-01-11T08:00:00.000Z"],
  ["0 9 * * *", "Europe/Berlin", "2026-07-10T12:00:00Z", "2026-07-11T07:00:00.000Z"],
  ["0 9 * * *", "UTC", "2026-07-10T12:00:00Z", "2026-07-11T09:00:00.000Z"],
  ["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"], // 02:30 does not exist that day
  ["30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z"], // 02:30 happens twice that day
  ["0 0 * * 1", "Asia/Tokyo", "2026-11-22T16:00:00Z", "2026-11-29T15:00:00.000Z"],
] as const)("%s in %s after %s is %s", ([cron, timeZone, after, expected]) => {
  expect(nextRun({ cron, timeZone }, new Date(after)).toISOString()).toBe(expected);
});

test.for([
  ["* * *", "UTC"],
  ["0 9 * * *", "Europe/Nowhere"],
  ["* * * * * *", "UTC"],
] as const)("%s in %s is refused when it is defined", ([cron, timeZone]) => {
  expect(() => defineSchedule({ name: "x", cron, timeZone, handle: async () => {} })).toThrow();
});

describeBrokers("schedules", (env) => {
  test("each time is due once on any number of nodes, and once after a downtime", async () => {
    const scene = await openScene(env);
    const prefix = ownPrefix();
    const runs: Date[] = [];
    const digest = defineSchedule({ name: "digest", cron: "0 * * * *", handle: async (_, at) => void runs.push(at) });
    const later = defineSchedule({ name: "later", cron: "0 0 1 1 *", handle: async () => {} });
    const parts = { prefix, schedules: [digest, later] };
    const missed = new Date(Date.now() - 5 * 3_600_000);
    await scene.app.sql.query(
      "insert into feed.schedules (name, cron, time_zone, next_at) values ('digest', '0 * * * *', 'UTC', $1)",
      [missed],
    );
    for (let node = 0; node < 3; node += 1) await workersFor(scene, parts);

    await expect.poll(() => runs, { timeout: 5_000 }).toEqual([missed]);
    const due = () => scene.app.sql.query("select next_at from feed.schedules where next_at <= now()");
    await expect.poll(due).toEqual([]);

    const again = new Date(Date.now() - 1_000);
    await scene.app.sql.query("update feed.schedules set next_at = $1 where name = 'digest'", [again]);
    await expect.poll(() => runs, { timeout: 5_000 }).toEqual([missed, again]);
    expect(await scene.app.sql.query("select name from feed.schedules order by name")).toEqual([
      { name: "digest" },
      { name: "later" },
    ]);
  });

  test("another pattern counts from now on", async () => {
    const scene = await openScene(env);
    await scene.app.sql.query(
      "insert into feed.schedules (name, cron, time_zone, next_at) values ('digest', '0 0 1 1 *', 'UTC', now() - interval '1 hour')",
    );
    const runs: Date[] = [];
    const digest = defineSchedule({ name: "digest", cron: "0 5 * * *", handle: async (_, at) => void runs.push(at) });
    await workersFor(scene, { prefix: ownPrefix(), schedules: [digest] });
    const [expected] = [nextRun(digest, new Date()).toISOString()];
    await expect
      .poll(() => scene.app.sql.query(`select next_at as "nextAt" from feed.schedules`))
      .toEqual([{ nextAt: expected }]);
    expect(runs).toEqual([]);
  });
});
