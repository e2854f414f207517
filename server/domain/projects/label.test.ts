import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("labels are made, changed, and deleted from every task", async ({ scene }) => {
  const { project, owner, todo } = await scene.board();
  const { labels, tasks } = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;

  const label = await scene.expectLaw(laws, () => labels.create({ projectId, name: "Urgent", color: "#FF0000" }));
  expect(label).toMatchObject({ color: "#ff0000", version: 1 });
  const task = await tasks.create({ projectId, title: "Labelled", statusId: todo.id, labelIds: [label.id] });

  const update = { labelId: label.id, name: "Very urgent", version: 1 };
  expect(await scene.expectLaw(laws, () => labels.update(update))).toMatchObject({ name: "Very urgent", version: 2 });
  await expect(labels.update(update)).rejects.toMatchObject(refusal("stale"));

  await scene.expectLaw(laws, () => labels.delete({ labelId: label.id }));
  const after = await tasks.get({ taskId: task.id });
  expect(after).toMatchObject({ labelIds: [], version: task.version + 1 });
  const changes = (await scene.changes(`project:${projectId}`)).slice(-2);
  expect(changes.map(({ type }) => type)).toEqual(["task.labelled", "label.deleted"]);
  await expect(labels.delete({ labelId: label.id })).rejects.toMatchObject(refusal("not-found"));
});

test("names are a project's own, and come in order", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const { labels } = scene.caller(owner);
  const projectId = project.id;
  const double = labels.create({ projectId, name: "bug", color: "#000000" });
  await expect(double).rejects.toMatchObject(refusal("conflict"));
  await labels.create({ projectId, name: "alpha", color: "#000000" });
  const first = await labels.list({ projectId, limit: 2 });
  const second = await labels.list({ projectId, limit: 2, cursor: first.nextCursor as string });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["alpha", "Bug", "Feature"]);
});

test.for([
  ["viewer", "access.denied"],
  ["commenter", "access.denied"],
  ["stranger", "not-found"],
] as const)("a %s who changes labels gets %s", async ([who, code], { scene }) => {
  const { project, bug } = await scene.project();
  const { labels } = await scene.as(who, project);
  for (const call of [
    () => labels.create({ projectId: project.id, name: "X", color: "#000000" }),
    () => labels.update({ labelId: bug.id, name: "X" }),
    () => labels.delete({ labelId: bug.id }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal(code));
  }
});
