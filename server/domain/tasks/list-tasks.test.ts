import { expect } from "vitest";
import { valuesOf } from "../../api/rest-values.ts";
import { type Caller, refusal, type Scene, test } from "../../testing/scene.ts";
import { listTasksInput } from "./list-tasks.ts";
import { sortNames } from "./task.sort.ts";

/** A project whose tasks differ in everything that a list can ask for. */
async function variety(scene: Scene) {
  const board = await scene.project();
  const { project, owner, todo, doing, done, bug, feature } = board;
  const caller = scene.caller(owner);
  const editor = await scene.personWith("editor", project);
  const create = (title: string, more: Partial<Parameters<Caller["tasks"]["create"]>[0]> = {}, by = caller) =>
    by.tasks.create({ projectId: project.id, title, statusId: todo.id, ...more });
  const alpha = await create("alpha", { labelIds: [bug.id], priority: "urgent", dueOn: "2026-03-01" });
  const beta = await create("Beta", {
    labelIds: [bug.id, feature.id],
    assigneeIds: [editor.userId],
    parentId: alpha.id,
  });
  const gamma = await create(
    "gamma 50%",
    { statusId: doing.id, priority: "low", dueOn: "2026-02-01" },
    scene.caller(editor),
  );
  const delta = await create("Delta", { statusId: done.id, assigneeIds: [owner.userId], dueOn: "2026-03-01" });
  await caller.taskLinks.create({ taskId: alpha.id, kind: "blocks", otherTaskId: gamma.id });
  await caller.taskLinks.create({ taskId: delta.id, kind: "blocks", otherTaskId: beta.id });
  await caller.tasks.archive({ taskId: (await create("archived")).id });
  await caller.tasks.delete({ taskId: (await create("trashed")).id });
  return { ...board, caller, editor, tasks: { alpha, beta, gamma, delta } };
}

test("a list answers what its filter asks for", async ({ scene }) => {
  const { project, caller, editor, owner, todo, doing, bug, feature, tasks } = await variety(scene);
  for (const [filter, titles] of [
    [{}, ["alpha", "Beta", "gamma 50%", "Delta"]],
    [{ statusIds: [todo.id, doing.id] }, ["alpha", "Beta", "gamma 50%"]],
    [{ statusCategories: ["done"] }, ["Delta"]],
    [{ assigneeIds: ["me"] }, ["Delta"]],
    [{ assigneeIds: ["none", editor.userId] }, ["alpha", "Beta", "gamma 50%"]],
    [{ labelIds: [bug.id, feature.id] }, ["alpha", "Beta"]],
    [{ labelIds: [bug.id, feature.id], labelMatch: "all" }, ["Beta"]],
    [{ priorities: ["low", "urgent"] }, ["alpha", "gamma 50%"]],
    [{ parentId: "none" }, ["alpha", "gamma 50%", "Delta"]],
    [{ parentId: tasks.alpha.id }, ["Beta"]],
    [{ dueBefore: "2026-03-01" }, ["gamma 50%"]],
    [{ dueAfter: "2026-02-01" }, ["alpha", "Delta"]],
    [{ text: "%" }, ["gamma 50%"]],
    [{ text: "ALPH" }, ["alpha"]],
    [{ text: "gamma 50%" }, ["gamma 50%"]],
    [{ text: "gam%50" }, []],
    [{ text: "gamm_" }, []],
    [{ archived: "only" }, ["archived"]],
    [{ archived: "include", text: "a" }, ["alpha", "Beta", "gamma 50%", "Delta", "archived"]],
    [{ blocked: "only" }, ["gamma 50%"]], // what blocks Beta is done
    [{ blocked: "exclude" }, ["alpha", "Beta", "Delta"]],
    [{ createdById: editor.userId }, ["gamma 50%"]],
    [{ createdById: "me", updatedSince: tasks.delta.createdAt }, ["Delta"]],
    [{ updatedSince: "2999-01-01T00:00:00Z" }, []],
    [{ statusIds: [todo.id], priorities: ["none"], labelIds: [bug.id] }, ["Beta"]],
  ] as const) {
    const { items } = await caller.tasks.list({ projectId: project.id, sort: "number", ...filter } as never);
    expect(
      items.map(({ title }) => title),
      JSON.stringify(filter),
    ).toEqual(titles);
  }
  expect((await caller.tasks.mine({})).items.map(({ title }) => title)).toEqual(["Delta"]);
  expect((await caller.tasks.mine({ organizationId: owner.userId })).items).toEqual([]);
  expect((await scene.caller(editor).tasks.mine({ sort: "title" })).items).toEqual([tasks.beta]);
});

test.for(sortNames.flatMap((sort) => [[sort, "asc"] as const, [sort, "desc"] as const]))(
  "pages by %s %s hold every task once, in order",
  async ([sort, order], { scene }) => {
    const { project, caller, tasks } = await variety(scene);
    const whole = await caller.tasks.list({ projectId: project.id, sort, order });
    expect(whole.items.map(({ id }) => id).toSorted()).toEqual(
      Object.values(tasks)
        .map(({ id }) => id)
        .toSorted(),
    );
    const dated = whole.items.map((task) => (sort === "dueOn" || sort === "completedAt" ? task[sort] !== null : true));
    expect(dated).toEqual(dated.toSorted((a, b) => Number(b) - Number(a))); // those without a date come last
    const ids: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await caller.tasks.list({ projectId: project.id, sort, order, limit: 1, cursor });
      ids.push(...page.items.map(({ id }) => id));
      if (!page.nextCursor) break;
      cursor = page.nextCursor;
    }
    expect(ids).toEqual(whole.items.map(({ id }) => id));
  },
);

test("pages stay in step while tasks are inserted before and behind", async ({ scene }) => {
  const { project, owner, todo } = await scene.project();
  const caller = scene.caller(owner);
  const create = (title: string, afterTaskId?: null) =>
    caller.tasks.create({ projectId: project.id, title, statusId: todo.id, afterTaskId });
  for (const title of ["1", "2", "3"]) await create(title);
  const first = await caller.tasks.list({ projectId: project.id, limit: 2 });
  await create("0", null);
  await create("4");
  const second = await caller.tasks.list({ projectId: project.id, limit: 10, cursor: first.nextCursor ?? "" });
  expect([...first.items, ...second.items].map(({ title }) => title)).toEqual(["1", "2", "3", "4"]);
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const id = crypto.randomUUID();

test.for([
  ["no JSON", "%%%"],
  ["of another sort", encode(["number", "asc", [1], id])],
  ["of the other order", encode(["title", "desc", ["a"], id])],
  ["with too many keys", encode(["title", "asc", ["a", "b"], id])],
  ["with a key of another type", encode(["title", "asc", [{ toString: 1 }], id])],
  ["with SQL for an id", encode(["title", "asc", ["a"], "'; drop table tasks.tasks; --"])],
  ["with NUL", encode(["title", "asc", ["\u0000"], id])],
] as const)("a cursor %s is refused", async ([, cursor], { scene }) => {
  const { project, owner } = await scene.project();
  const call = scene.caller(owner).tasks.list({ projectId: project.id, sort: "title", cursor });
  await expect(call).rejects.toMatchObject(refusal("validation.failed"));
});

test("what a caller cannot read is in no list of theirs", async ({ scene }) => {
  const { project, owner, task } = await scene.board();
  const stranger = await scene.as("stranger", project);
  await expect(stranger.tasks.list({ projectId: project.id })).rejects.toMatchObject(refusal("not-found"));
  await expect(scene.caller(owner).tasks.list({ projectId: project.id, unknown: 1 } as never)).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });

  const editor = await scene.personWith("editor", project);
  await scene.caller(owner).tasks.assign({ taskId: task.id, addAssigneeIds: [editor.userId] });
  expect((await scene.caller(editor).tasks.mine({})).items).toHaveLength(1);
  await scene.app.sql.query("delete from projects.project_members where user_id = $1", [editor.userId]);
  expect((await scene.caller(editor).tasks.mine({})).items).toEqual([]);
});

test("a query string says the same as the input of a call", () => {
  const query = `projectId=${id}&statusIds=${id}&assigneeIds=me&assigneeIds=none&priorities=high&parentId=none&dueBefore=2026-01-01&blocked=only&sort=dueOn&order=desc&limit=5`;
  expect(listTasksInput.parse(valuesOf(listTasksInput.shape, new URLSearchParams(query)))).toEqual({
    projectId: id,
    statusIds: [id],
    assigneeIds: ["me", "none"],
    labelMatch: "any",
    priorities: ["high"],
    parentId: "none",
    dueBefore: "2026-01-01",
    archived: "exclude",
    blocked: "only",
    sort: "dueOn",
    order: "desc",
    limit: 5,
  });
});
