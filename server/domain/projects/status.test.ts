import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function board(scene: Scene) {
  const made = await scene.board();
  const caller = scene.caller(made.owner);
  const projectId = made.project.id;
  const laws = [[`project:${projectId}`, made.owner]] as const;
  const names = async () => (await caller.statuses.list({ projectId })).items.map(({ name }) => name);
  return { ...made, projectId, caller, statuses: caller.statuses, laws, names };
}

test("statuses are added where they are wanted", async ({ scene }) => {
  const { projectId, statuses, laws, names, todo } = await board(scene);
  const create = (name: string, afterStatusId?: string | null) =>
    scene.expectLaw(laws, () => statuses.create({ projectId, name, category: "in_progress", afterStatusId }));
  await create("Last");
  await create("First", null);
  const review = await create("Review", todo.id);
  expect(review).toMatchObject({ wipLimit: null, version: 1 });
  expect(await names()).toEqual(["First", "Backlog", "To do", "Review", "In progress", "Done", "Last"]);
  await expect(create("review")).rejects.toMatchObject(refusal("conflict"));
  const elsewhere = (await board(scene)).todo.id;
  await expect(create("Lost", elsewhere)).rejects.toMatchObject(refusal("not-found"));
});

test("moves keep the order, also many at once and into one gap", async ({ scene }) => {
  const { statuses, laws, names, backlog, todo, doing, done, projectId } = await board(scene);
  await scene.expectLaw(laws, () => statuses.move({ statusId: done.id, afterStatusId: null }));
  expect(await names()).toEqual(["Done", "Backlog", "To do", "In progress"]);
  const head = await scene.head(`project:${projectId}`);
  await statuses.move({ statusId: backlog.id, afterStatusId: done.id }); // stands there already
  expect(await scene.head(`project:${projectId}`)).toBe(head);

  await scene.expectLaw(laws, () =>
    Promise.all(
      [backlog, todo, doing, backlog, todo, doing].map(({ id }) =>
        statuses.move({ statusId: id, afterStatusId: done.id }),
      ),
    ),
  );
  const order = await names();
  expect(order[0]).toBe("Done");
  expect([...order].sort()).toEqual(["Backlog", "Done", "In progress", "To do"]);
  const ranks = (await statuses.list({ projectId })).items.map(({ rank }) => rank);
  expect(new Set(ranks).size).toBe(4);
});

test("a gap that is used up makes room", async ({ scene }) => {
  const { statuses, laws, backlog, todo, doing, names } = await board(scene);
  await scene.app.sql.query("update projects.statuses set rank = 'a0' where id = any($1::uuid[])", [
    [backlog.id, todo.id],
  ]);
  const order = await names();
  const [first, second] = order[0] === "Backlog" ? [backlog, todo] : [todo, backlog];
  await scene.expectLaw(laws, () => statuses.move({ statusId: doing.id, afterStatusId: first.id }));
  expect((await names()).slice(0, 3)).toEqual([first.name, "In progress", second.name]);
});

test("a new category completes and reopens the tasks in it", async ({ scene }) => {
  const { statuses, laws, todo, task, caller } = await board(scene);
  const update = { statusId: todo.id, category: "done" as const, name: "Shipped", wipLimit: 3, version: 1 };
  const updated = await scene.expectLaw(laws, () => statuses.update(update));
  expect(updated).toMatchObject({ category: "done", name: "Shipped", wipLimit: 3, version: 2 });
  expect(await caller.tasks.get({ taskId: task.id })).toMatchObject({ completedAt: expect.any(String) });
  await expect(statuses.update(update)).rejects.toMatchObject(refusal("stale"));
  await scene.expectLaw(laws, () => statuses.update({ statusId: todo.id, category: "todo", wipLimit: null }));
  expect(await caller.tasks.get({ taskId: task.id })).toMatchObject({ completedAt: null });
});

test("a status goes when its tasks have gone elsewhere", async ({ scene }) => {
  const { statuses, laws, names, todo, done, doing, task, caller, projectId } = await board(scene);
  const statusId = todo.id;
  await expect(statuses.delete({ statusId })).rejects.toMatchObject(refusal("rule.broken"));
  const elsewhere = (await board(scene)).done.id;
  const lost = statuses.delete({ statusId, moveTasksToStatusId: elsewhere });
  await expect(lost).rejects.toMatchObject(refusal("not-found"));
  const second = await caller.tasks.create({ projectId, title: "Second", statusId });
  await statuses.update({ statusId: doing.id, wipLimit: 1 });
  const full = statuses.delete({ statusId, moveTasksToStatusId: doing.id });
  await expect(full).rejects.toMatchObject(refusal("rule.broken"));

  await scene.expectLaw(laws, () => statuses.delete({ statusId, moveTasksToStatusId: done.id }));

  const moved = await Promise.all([task, second].map(({ id }) => caller.tasks.get({ taskId: id })));
  for (const one of moved) expect(one).toMatchObject({ statusId: done.id, completedAt: expect.any(String) });
  expect((moved[0]?.rank ?? "") < (moved[1]?.rank ?? "")).toBe(true);
  expect(await names()).toEqual(["Backlog", "In progress", "Done"]);
});

test("the last status stays, also when all go at once", async ({ scene }) => {
  const { statuses, names, task, caller, backlog, doing, done, todo } = await board(scene);
  await caller.tasks.move({ taskId: task.id, toStatusId: todo.id, afterTaskId: null });
  const outcomes = await Promise.allSettled(
    [backlog, doing, done].map(({ id }) => statuses.delete({ statusId: id, moveTasksToStatusId: todo.id })),
  );
  expect(outcomes.every(({ status }) => status === "fulfilled")).toBe(true);
  await expect(statuses.delete({ statusId: todo.id })).rejects.toMatchObject(refusal("rule.broken"));
  expect(await names()).toEqual(["To do"]);
});

test.for([
  ["editor", "access.denied"],
  ["stranger", "not-found"],
] as const)("a %s who changes the board gets %s", async ([who, code], { scene }) => {
  const { project, projectId, todo, done } = await board(scene);
  const { statuses } = await scene.as(who, project);
  const statusId = todo.id;
  for (const call of [
    () => statuses.create({ projectId, name: "X", category: "todo" }),
    () => statuses.update({ statusId, name: "X" }),
    () => statuses.move({ statusId, afterStatusId: null }),
    () => statuses.delete({ statusId, moveTasksToStatusId: done.id }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal(code));
  }
});
