import { describe, expect, test as plain } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { makeOccurrences } from "./make-occurrences.ts";
import { nextOccurrence } from "./recurrence.rule.ts";

const berlin = { timeZone: "Europe/Berlin", startsAt: "2026-03-26T02:30" };
const occurrences = (rule: string, count: number, rhythm = berlin) => {
  const found: string[] = [];
  let at = new Date(0);
  while (found.length < count) {
    const next = nextOccurrence({ rule, ...rhythm }, at);
    if (!next) break;
    found.push(next.toISOString());
    at = next;
  }
  return found;
};

describe("rules of RFC 5545", () => {
  plain("keep local time, and leave out what summer time leaves out", () => {
    expect(occurrences("FREQ=DAILY;COUNT=4", 9)).toEqual([
      "2026-03-26T01:30:00.000Z",
      "2026-03-27T01:30:00.000Z",
      "2026-03-28T01:30:00.000Z",
      "2026-03-30T00:30:00.000Z", // 02:30 on the 29th does not exist
    ]);
  });
  plain("know last Fridays, month ends and leap days", () => {
    const utc = { timeZone: "UTC", startsAt: "2026-01-01T00:00" };
    const days = (rule: string, count: number) => occurrences(rule, count, utc).map((at) => at.slice(0, 10));
    expect(days("FREQ=MONTHLY;BYDAY=-1FR", 3)).toEqual(["2026-01-30", "2026-02-27", "2026-03-27"]);
    expect(days("FREQ=MONTHLY;BYMONTHDAY=31", 3)).toEqual(["2026-01-31", "2026-03-31", "2026-05-31"]);
    expect(days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 2)).toEqual(["2028-02-29", "2032-02-29"]);
    expect(days("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20260122T000000Z", 9)).toEqual([
      ...["2026-01-01", "2026-01-12", "2026-01-15"],
    ]);
  });
  plain("count from a beginning that is long ago", () => {
    const rhythm = { rule: "FREQ=DAILY;COUNT=5000", timeZone: "UTC", startsAt: "2015-01-05T09:00" };
    expect(nextOccurrence(rhythm, new Date("2026-01-05T12:00:00Z"))?.toISOString()).toBe("2026-01-06T09:00:00.000Z");
    expect(nextOccurrence(rhythm, new Date("2028-09-13T12:00:00Z"))).toBeNull();
  });
  plain("name the field that is wrong", () => {
    expect(() => nextOccurrence({ rule: "FREQ=DAILY", ...berlin, startsAt: "2026-02-30T09:00" }, new Date(0))).toThrow(
      expect.objectContaining({ details: { issues: [expect.objectContaining({ path: ["startsAt"] })] } }),
    );
  });
  plain.for([
    "FREQ=DAILY;COUNT=10000",
    "FREQ=HOURLY",
    "FREQ=DAILY;BYHOUR=1,2",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;FOO=1",
    "INTERVAL=2",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=DAILY;COUNT=1;UNTIL=20270101T000000Z",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY\nEXDATE:20260327T013000Z",
    "",
  ])("refuse %j", (rule) => {
    expect(() => nextOccurrence({ rule, ...berlin }, new Date(0))).toThrow(
      expect.objectContaining({ code: "validation.failed" }),
    );
  });
});

const startsAt = "2999-01-07T09:00"; // a Monday
const sweep = (scene: Scene, at: string) => makeOccurrences(scene.ctx(null), new Date(at));

test("a task comes again at each occurrence, once however many make it", async ({ scene }) => {
  const { project, owner, task, done, backlog } = await scene.board();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;
  await caller.tasks.update({ taskId: task.id, startOn: "2026-01-01", dueOn: "2026-01-03", priority: "high" });
  await caller.tasks.create({ projectId, title: "Below", parentId: task.id, dueOn: "2026-01-02" });
  await caller.tasks.move({ taskId: task.id, toStatusId: done.id, afterTaskId: null });
  const rule = "rrule:freq=weekly;byday=mo;count=2";
  const made = await scene.expectLaw(laws, () =>
    caller.recurrences.create({
      taskId: task.id,
      rule,
      startsAt,
      timeZone: "America/New_York",
      dueInDays: 2,
      withSubtasks: true,
    }),
  );
  expect(made).toMatchObject({
    rule: "FREQ=WEEKLY;BYDAY=MO;COUNT=2",
    nextAt: "2999-01-07T14:00:00.000Z",
    state: "active",
  });

  const copies = async () =>
    (await caller.tasks.list({ projectId, sort: "number" })).items.filter(({ number }) => number > 2);
  await sweep(scene, "2999-01-07T13:59:00Z");
  expect(await copies()).toEqual([]);
  await scene.expectLaw(laws, () => Promise.all([1, 2, 3].map(() => sweep(scene, "2999-01-07T14:00:00Z"))));
  expect(await copies()).toMatchObject([
    {
      title: "First",
      statusId: backlog.id,
      priority: "high",
      startOn: "2999-01-07",
      dueOn: "2999-01-09",
      completedAt: null,
    },
    { title: "Below", dueOn: "2999-01-08" },
  ]);
  await scene.expectLaw(laws, () => sweep(scene, "2999-06-01T00:00:00Z"));
  expect(await copies()).toHaveLength(4);
  const { items } = await caller.recurrences.list({ projectId });
  expect(items).toMatchObject([{ state: "ended", nextAt: null, occurrenceCount: 2 }]);
  const types = (await scene.changes(`project:${projectId}`)).map(({ type }) => type);
  expect(types.filter((type) => type === "recurrence.occurred")).toHaveLength(2);

  await scene.expectLaw(laws, async () => {
    await caller.tasks.delete({ taskId: task.id });
    await caller.tasks.purge({ taskId: task.id });
  });
  expect((await caller.recurrences.list({ projectId })).items).toEqual([]);
});

test("it is changed, paused and resumed, and does not make up for the pause", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const laws = [[`project:${project.id}`, owner]] as const;
  const { id: recurrenceId } = await caller.recurrences.create({ taskId: task.id, rule: "FREQ=DAILY", startsAt });
  const update = (input: object) => caller.recurrences.update({ recurrenceId, ...input });
  expect(await scene.expectLaw(laws, () => update({ paused: true }))).toMatchObject({ state: "paused", nextAt: null });
  await sweep(scene, "2999-02-01T00:00:00Z");
  expect(await update({ paused: false })).toMatchObject({ state: "active", nextAt: "2999-01-07T09:00:00.000Z" });
  const moved = await scene.expectLaw(laws, () => update({ startsAt: "2999-01-08T10:00", timeZone: "Asia/Tokyo" }));
  expect(moved).toMatchObject({ nextAt: "2999-01-08T01:00:00.000Z", version: 4 });
  expect(await update({ startsAt: "2999-01-08T10:00" })).toEqual(moved);
  await expect(update({ dueInDays: 1, version: 1 })).rejects.toMatchObject(refusal("stale"));
  await expect(update({ rule: "FREQ=HOURLY" })).rejects.toMatchObject(refusal("validation.failed"));
  expect(await update({ rule: "FREQ=DAILY;UNTIL=20200101T000000Z" })).toMatchObject({ state: "ended", nextAt: null });
  await scene.expectLaw(laws, () => caller.recurrences.delete({ recurrenceId }));
  await expect(update({ paused: true })).rejects.toMatchObject(refusal("not-found"));
});

test("where an occurrence cannot be made, it is paused and says why", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const laws = [[`project:${project.id}`, owner]] as const;
  const editor = await scene.personWith("editor", project);
  const rule = "FREQ=DAILY";
  const mine = await caller.recurrences.create({ taskId: task.id, rule, startsAt });
  const theirs = await scene.caller(editor).recurrences.create({ taskId: task.id, rule, startsAt });
  const { organizationId } = project;
  await caller.members.remove({ organizationId, userId: editor.userId });
  const before = (await caller.tasks.list({ projectId: project.id })).items.length;
  await scene.expectLaw(laws, () => sweep(scene, "2999-01-07T09:00:00Z"));
  const after = await caller.recurrences.list({ projectId: project.id });
  expect(after.items.find(({ id }) => id === mine.id)).toMatchObject({ state: "active", occurrenceCount: 1 });
  expect(after.items.find(({ id }) => id === theirs.id)).toMatchObject({
    ...{ state: "paused", problem: expect.any(String), occurrenceCount: 0 },
  });
  expect((await caller.tasks.list({ projectId: project.id })).items).toHaveLength(before + 1);

  const over = caller.recurrences.create({ taskId: task.id, rule: "FREQ=DAILY;COUNT=1", startsAt: "2020-01-01T09:00" });
  await expect(over).rejects.toMatchObject(refusal("rule.broken"));
  await caller.projects.update({ projectId: project.id, settings: { features: { recurrence: false } } });
  const off = caller.recurrences.create({ taskId: task.id, rule, startsAt });
  await expect(off).rejects.toMatchObject({ cause: { details: { rule: "project.feature-off" } } });
});
