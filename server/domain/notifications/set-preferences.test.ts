import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function somebody(scene: Scene) {
  const board = await scene.board();
  const ann = await scene.personWith("editor", board.project);
  const caller = scene.caller(ann);
  const own = [[`user:${ann.userId}`, ann]] as const;
  const cellOf = async (scope: { organizationId?: string; projectId?: string } = {}) => {
    const { matrix } = await caller.notificationPreferences.get(scope);
    return matrix.find(({ event }) => event === "commented")?.channels.mail;
  };
  const head = () => scene.head(`user:${ann.userId}`);
  return { ...board, ann, caller, own, cellOf, head };
}
const mail = (mode: "instant" | "hourly" | "daily" | "off" | null) =>
  [{ event: "commented", channel: "mail", mode }] as const satisfies unknown[];

test("the most specific wish counts, and taking it back lets the next one count", async ({ scene }) => {
  const { caller, own, organization, project, cellOf } = await somebody(scene);
  const inOrganization = { organizationId: organization.id };
  const inProject = { projectId: project.id };
  const set = (scope: object, mode: "instant" | "daily" | "off" | null) =>
    scene.expectLaw(own, () => caller.notificationPreferences.set({ ...scope, cells: [...mail(mode)] }));
  expect(await cellOf(inProject)).toEqual({ mode: "hourly", source: "product" });
  await set({}, "daily");
  expect(await cellOf(inProject)).toEqual({ mode: "daily", source: "personal" });
  await set(inOrganization, "off");
  expect(await cellOf(inProject)).toEqual({ mode: "off", source: "organization" });
  await set(inProject, "instant");
  expect(await cellOf(inProject)).toEqual({ mode: "instant", source: "project" });
  expect(await cellOf(inOrganization)).toEqual({ mode: "off", source: "organization" });
  expect(await cellOf()).toEqual({ mode: "daily", source: "personal" });

  expect(await set(inProject, null)).toEqual({ modes: {} });
  expect(await cellOf(inProject)).toEqual({ mode: "off", source: "organization" });
  await scene.expectLaw(own, () => caller.notificationPreferences.reset(inOrganization));
  await scene.expectLaw(own, () => caller.notificationPreferences.reset({}));
  expect(await cellOf(inProject)).toEqual({ mode: "hourly", source: "product" });
});

test("the same wish, in any order, changes nothing", async ({ scene }) => {
  const { caller, head, project } = await somebody(scene);
  const cells = [
    { event: "commented", channel: "push", mode: "instant" },
    { event: "commented", channel: "mail", mode: "off" },
    { event: "assigned", channel: "inApp", mode: "off" },
  ] as const;
  for (const scope of [{}, { projectId: project.id }]) {
    await caller.notificationPreferences.set({ ...scope, cells: [...cells] });
    const before = await head();
    await caller.notificationPreferences.set({ ...scope, cells: [...cells].reverse() });
    await caller.notificationPreferences.set({ ...scope, cells: [{ event: "overdue", channel: "mail", mode: null }] });
    expect(await head()).toBe(before);
    await caller.notificationPreferences.reset(scope);
    const reset = await head();
    await caller.notificationPreferences.reset(scope);
    expect(await head()).toBe(reset);
  }
});

test("hours of rest are chosen piece by piece", async ({ scene }) => {
  const { caller, own, head } = await somebody(scene);
  const set = (input: Parameters<typeof caller.notificationPreferences.setHours>[0]) =>
    scene.expectLaw(own, () => caller.notificationPreferences.setHours(input));
  expect(await set({ quietFrom: "22:00", quietTo: "07:00" })).toMatchObject({
    digestHour: 9,
    holdDaysOff: false,
    version: 1,
  });
  expect(await set({ digestHour: 7 })).toMatchObject({
    quietFrom: "22:00",
    quietTo: "07:00",
    digestHour: 7,
    version: 2,
  });
  expect((await caller.notificationPreferences.get({})).hours).toMatchObject({ quietFrom: "22:00", digestHour: 7 });
  const before = await head();
  await set({ quietFrom: "22:00" });
  expect(await head()).toBe(before);
  expect(await set({ quietFrom: null })).toMatchObject({ quietFrom: null, quietTo: null, version: 3 });
  expect(await set({ quietTo: "07:00" })).toMatchObject({ quietFrom: null, quietTo: null }); // one end is none
});

test("one person's wishes at the same time all count", async ({ scene }) => {
  const { caller, organization } = await somebody(scene);
  const events = ["assigned", "mentioned", "replied", "commented", "overdue"] as const;
  await Promise.all(
    events.flatMap((event) => [
      caller.notificationPreferences.set({ cells: [{ event, channel: "mail", mode: "off" }] }),
      caller.notificationPreferences.set({
        organizationId: organization.id,
        cells: [{ event, channel: "push", mode: "daily" }],
      }),
    ]),
  );
  const { matrix } = await caller.notificationPreferences.get({ organizationId: organization.id });
  for (const { event, channels } of matrix) {
    if (!events.some((name) => name === event)) continue;
    expect(channels).toMatchObject({ mail: { mode: "off" }, push: { mode: "daily" } });
  }
});

test.for([
  ["a project out of sight", "not-found", (b: Somebody) => ({ projectId: b.hidden.project.id })],
  ["an organization one is not in", "not-found", (b: Somebody) => ({ organizationId: b.hidden.organization.id })],
  [
    "a project of another organization",
    "not-found",
    (b: Somebody) => ({ projectId: b.project.id, organizationId: b.hidden.organization.id }),
  ],
] as const)("wishes for %s are refused with %s", async ([, code, scopeOf], { scene }) => {
  const hidden = await scene.board();
  const board = { ...(await somebody(scene)), hidden };
  const scope = scopeOf(board);
  const { notificationPreferences } = board.caller;
  const before = await board.head();
  await expect(notificationPreferences.get(scope)).rejects.toMatchObject(refusal(code));
  await expect(notificationPreferences.set({ ...scope, cells: [...mail("off")] })).rejects.toMatchObject(refusal(code));
  await expect(notificationPreferences.reset(scope)).rejects.toMatchObject(refusal(code));
  expect(await board.head()).toBe(before);
});
type Somebody = Awaited<ReturnType<typeof somebody>> & { hidden: Awaited<ReturnType<Scene["board"]>> };

test("the inbox gathers nothing", async ({ scene }) => {
  const { caller } = await somebody(scene);
  const cells = [{ event: "commented", channel: "inApp", mode: "daily" }] as const;
  await expect(caller.notificationPreferences.set({ cells: [...cells] })).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });
});

test("watch levels are set, changed and reset, once each", async ({ scene }) => {
  const { caller, own, head, project } = await somebody(scene);
  const projectId = project.id;
  const chosen = await scene.expectLaw(own, () => caller.watchLevels.set({ projectId, level: "all" }));
  expect(await caller.watchLevels.set({ projectId, level: "all" })).toEqual(chosen);
  const changed = await scene.expectLaw(own, () => caller.watchLevels.set({ projectId, level: "nothing" }));
  expect(changed).toMatchObject({ id: chosen.id, level: "nothing", version: 2 });
  await scene.expectLaw(own, () => caller.watchLevels.reset({ projectId }));
  const before = await head();
  expect(await caller.watchLevels.reset({ projectId })).toEqual({ level: "participating" });
  expect(await head()).toBe(before);
});

test("a task is muted once, and no longer", async ({ scene }) => {
  const { caller, own, head, task } = await somebody(scene);
  const muted = await scene.expectLaw(own, () => caller.notifications.muteTask({ taskId: task.id }));
  expect(await caller.notifications.muteTask({ taskId: task.id })).toEqual(muted);
  await scene.expectLaw(own, () => caller.notifications.unmuteTask({ taskId: task.id }));
  const before = await head();
  expect(await caller.notifications.unmuteTask({ taskId: task.id })).toEqual({ muted: false });
  expect(await head()).toBe(before);
});
