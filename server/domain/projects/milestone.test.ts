import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("milestones are set, reached, reopened, and deleted from every task", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const { milestones, tasks } = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;
  const milestone = await scene.expectLaw(laws, () => milestones.create({ projectId, name: "Launch" }));
  expect(milestone).toMatchObject({ dueOn: null, reachedAt: null, version: 1 });
  const milestoneId = milestone.id;
  const task = await tasks.create({ projectId, title: "Leads to it", milestoneId });

  const reach = { milestoneId, reached: true, dueOn: "2026-03-01", version: 1 };
  const reached = await scene.expectLaw(laws, () => milestones.update(reach));
  expect(reached).toMatchObject({ reachedAt: expect.any(String), dueOn: "2026-03-01", version: 2 });
  await expect(milestones.update(reach)).rejects.toMatchObject(refusal("stale"));
  expect(await milestones.update({ milestoneId, reached: true })).toEqual(reached);
  await scene.expectLaw(laws, () => milestones.update({ milestoneId, reached: false }));
  await milestones.create({ projectId, name: "Earlier", dueOn: "2026-01-01" });
  await milestones.create({ projectId, name: "Some day" });
  const { items } = await milestones.list({ projectId });
  expect(items.map(({ name }) => name)).toEqual(["Earlier", "Launch", "Some day"]);

  await scene.expectLaw(laws, () => milestones.delete({ milestoneId }));
  expect(await tasks.get({ taskId: task.id })).toMatchObject({ milestoneId: null, version: 2 });
  const types = (await scene.changes(`project:${projectId}`)).map(({ type }) => type);
  expect(types.filter((type) => type.startsWith("milestone."))).toEqual([
    ...["milestone.created", "milestone.reached", "milestone.reopened"],
    ...["milestone.created", "milestone.created", "milestone.deleted"],
  ]);
  await expect(milestones.delete({ milestoneId })).rejects.toMatchObject(refusal("not-found"));
  const again = milestones.create({ projectId, name: "EARLIER" });
  await expect(again).rejects.toMatchObject(refusal("conflict"));
});

test("a task's milestone is one of its own project", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const elsewhere = await scene.project();
  const foreign = await scene
    .caller(elsewhere.owner)
    .milestones.create({ projectId: elsewhere.project.id, name: "Foreign" });
  const { tasks } = scene.caller(owner);
  const task = await tasks.create({ projectId: project.id, title: "Task" });
  const update = tasks.update({ taskId: task.id, milestoneId: foreign.id });
  await expect(update).rejects.toMatchObject(refusal("validation.failed"));
});
