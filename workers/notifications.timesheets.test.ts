import { expect, test } from "vitest";
import type { Actor } from "../server/context.ts";
import { renderDelivery } from "../server/domain/notifications/render-delivery.ts";
import { insiderWith } from "../server/testing/discussion.ts";
import { inboxOf, notifying, untilTold } from "../server/testing/notifications.ts";
import type { Scene } from "../server/testing/scene.ts";
import { openScene } from "../server/testing/workers.ts";

const spentOn = "2026-02-10";

/** Ann's time in two projects: one manager has both, one has one of them. */
async function sheetInTwoProjects() {
  const scene = await openScene({});
  await notifying(scene);
  const one = await scene.board();
  const two = { ...(await scene.project(one)), owner: one.owner };
  const owner = scene.caller(one.owner);
  const other = await owner.tasks.create({ projectId: two.project.id, title: "Other", statusId: two.todo.id });
  const people = { both: await insiderWith(scene, one, "manager"), half: await insiderWith(scene, one, "manager") };
  const ann = await insiderWith(scene, one, "editor", "Ann");
  const add = (actor: Actor, role: "manager" | "editor") =>
    owner.projectMembers.add({ projectId: two.project.id, userId: actor.userId, role });
  const grant = await add(people.both, "manager");
  await add(ann, "editor");
  for (const { id: taskId, projectId } of [one.task, other])
    await scene.caller(ann).timeEntries.create({ projectId, taskId, spentOn, durationMinutes: 60 });
  const organizationId = one.organization.id;
  const { id: timesheetId } = await scene.caller(ann).timesheets.open({ organizationId, day: spentOn });
  await scene.caller(ann).timesheets.submit({ timesheetId });
  await untilTold(scene);
  return { scene, owner, ann, ...people, grant, timesheetId };
}
const sheetsTo = async (scene: Scene, actor: Actor) =>
  (await inboxOf(scene, actor)).filter(({ event }) => event === "timesheet-submitted");

test("a timesheet is told to who manages all projects it is about, as they may decide on it", async () => {
  const { scene, owner, ann, both, half, grant, timesheetId } = await sheetInTwoProjects();
  expect(await sheetsTo(scene, both)).toMatchObject([{ subjectId: timesheetId, actorNames: ["Ann"] }]);
  for (const actor of [half, ann]) expect(await sheetsTo(scene, actor)).toEqual([]);
  await expect(scene.caller(half).timesheets.approve({ timesheetId })).rejects.toMatchObject({
    cause: { code: "not-found" },
  });
  const [mail] = await scene.app.sql.query<{ id: string }>(
    "select d.id from notifications.deliveries d where d.user_id = $1 and d.channel = 'mail' order by d.created_at desc limit 1",
    [both.userId],
  );
  const rendered = () => renderDelivery(scene.ctx(null), mail?.id as string);
  expect((await rendered())?.items.map(({ event }) => event)).toContain("timesheet-submitted");

  await scene.expectLaw([[`user:${both.userId}`, both]], () =>
    owner.projectMembers.updateRole({ projectMemberId: grant.id, role: "editor" }),
  );

  expect(await sheetsTo(scene, both)).toEqual([]);
  expect((await rendered())?.items.map(({ event }) => event) ?? []).not.toContain("timesheet-submitted");
});
