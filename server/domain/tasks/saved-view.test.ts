import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a view is its owner's alone until it is shared, and again when it is not", async ({ scene }) => {
  const { project, owner } = await scene.board();
  const editor = await scene.personWith("editor", project);
  const projectId = project.id;
  const laws = [
    [`project:${projectId}`, owner],
    [`user:${editor.userId}`, editor],
  ] as const;
  const { views } = scene.caller(editor);
  const others = scene.caller(owner).views;
  const seen = async (by = others) => (await by.list({ projectId })).items.map(({ name }) => name);

  const filter = { priorities: ["high"], assigneeIds: ["me"] } as const;
  const made = await scene.expectLaw(laws, () =>
    views.create({
      projectId,
      name: "Urgent",
      filter: { ...filter, priorities: ["high"], assigneeIds: ["me"] },
      groupBy: "status",
    }),
  );
  expect(made).toMatchObject({
    filter,
    isShared: false,
    ownerId: editor.userId,
    layout: "list",
    columns: [],
    version: 1,
  });
  const viewId = made.id;
  expect([await seen(views), await seen()]).toEqual([["Urgent"], []]);
  await expect(others.update({ viewId, name: "X" })).rejects.toMatchObject(refusal("not-found"));

  const shared = await scene.expectLaw(laws, () => views.update({ viewId, isShared: true, columns: ["key", "title"] }));
  expect(shared).toMatchObject({ isShared: true, columns: ["key", "title"], version: 2 });
  expect(await seen()).toEqual(["Urgent"]);
  expect(await scene.expectLaw(laws, () => others.update({ viewId, name: "Hot", version: 2 }))).toMatchObject({
    version: 3,
  });
  await expect(others.update({ viewId, name: "Cold", version: 2 })).rejects.toMatchObject(refusal("stale"));
  expect(await others.update({ viewId, filter: shared.filter })).toMatchObject({ version: 3 });
  const another = await scene.as("editor", project);
  await expect(another.views.update({ viewId, name: "X" })).rejects.toMatchObject(refusal("access.denied"));
  await expect(another.views.delete({ viewId })).rejects.toMatchObject(refusal("access.denied"));

  await scene.expectLaw(laws, () => views.update({ viewId, isShared: false }));
  expect(await seen()).toEqual([]);
  await scene.expectLaw(laws, () => views.delete({ viewId }));
  await expect(views.delete({ viewId })).rejects.toMatchObject(refusal("not-found"));
});

test("viewers save views for themselves, and do not share them", async ({ scene }) => {
  const { project } = await scene.board();
  const { views } = await scene.as("viewer", project);
  const projectId = project.id;
  const mine = await views.create({ projectId, name: "Mine" });
  await expect(views.create({ projectId, name: "Ours", isShared: true })).rejects.toMatchObject(
    refusal("access.denied"),
  );
  await expect(views.update({ viewId: mine.id, isShared: true })).rejects.toMatchObject(refusal("access.denied"));
  const stranger = await scene.as("stranger", project);
  await expect(stranger.views.create({ projectId, name: "X" })).rejects.toMatchObject(refusal("not-found"));
});

test("a view speaks of its project's fields, and no more of those that go", async ({ scene }) => {
  const { project, owner } = await scene.board();
  const elsewhere = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const field = await caller.fields.create({ projectId, name: "Amount", kind: "number" });
  const foreign = await scene
    .caller(elsewhere.owner)
    .fields.create({ projectId: elsewhere.project.id, name: "Foreign", kind: "number" });
  for (const input of [
    { sortFieldId: foreign.id },
    { columns: [`fields.${foreign.id}` as const] },
    { groupBy: `fields.${foreign.id}` as const },
    { filter: { fieldFilters: [`${foreign.id}:is:1` as const] } },
  ])
    await expect(caller.views.create({ projectId, name: "X", ...input })).rejects.toMatchObject(
      refusal("validation.failed"),
    );
  const view = await caller.views.create({
    projectId,
    name: "Amounts",
    isShared: true,
    sortFieldId: field.id,
    columns: ["title", `fields.${field.id}`],
    groupBy: `fields.${field.id}`,
    filter: { fieldFilters: [`${field.id}:gt:1`], archived: "include" },
  });
  const { filter } = view;
  expect((await caller.tasks.list({ projectId, ...filter, sortFieldId: field.id })).items).toEqual([]);
  await scene.expectLaw([[`project:${projectId}`, owner]], () => caller.fields.delete({ fieldId: field.id }));
  const { items } = await caller.views.list({ projectId });
  expect(items).toMatchObject([{ id: view.id, sortFieldId: null, columns: ["title"], groupBy: null, version: 2 }]);
  expect(items[0]?.filter).toEqual({ archived: "include", blocked: "include", labelMatch: "any" });
});

test("who leaves takes private views along and leaves shared ones to the others", async ({ scene }) => {
  const { project, owner } = await scene.board();
  const leaver = await scene.personWith("editor", project);
  const caller = scene.caller(owner);
  const projectId = project.id;
  const { views } = scene.caller(leaver);
  await views.create({ projectId, name: "Private" });
  const shared = await views.create({ projectId, name: "Shared", isShared: true });
  const laws = [
    [`project:${projectId}`, owner],
    [`user:${leaver.userId}`, leaver],
  ] as const;
  await scene.expectLaw(laws, () =>
    caller.members.remove({ organizationId: project.organizationId, userId: leaver.userId }),
  );
  expect((await caller.views.list({ projectId })).items).toMatchObject([{ id: shared.id, ownerId: null }]);
  const hide = caller.views.update({ viewId: shared.id, isShared: false });
  await expect(hide).rejects.toMatchObject(refusal("rule.broken"));
});
