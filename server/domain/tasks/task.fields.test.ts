import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

const kinds = ["text", "number", "date", "person", "choice", "choices", "checkbox", "url"] as const;

/** A board whose tasks have a custom field of every kind. */
async function fielded(scene: Scene) {
  const board = await scene.board();
  const caller = scene.caller(board.owner);
  const fields = await Promise.all(
    kinds.map((kind) =>
      caller.fields.create({
        projectId: board.project.id,
        name: `A ${kind}`,
        kind,
        choices: kind.startsWith("choice") ? [{ name: "Low" }, { name: "High", color: "#FF0000" }] : [],
      }),
    ),
  );
  const [text, number, date, person, choice, choices, checkbox, url] = fields.map((field) => field.id) as [
    ...Record<keyof typeof kinds & number, string>[],
  ] as unknown as [string, string, string, string, string, string, string, string];
  const choiceIds = (at: number) => (fields[at]?.choices ?? []).map(({ id }) => id) as [string, string];
  return {
    ...board,
    caller,
    ids: { text, number, date, person, choice, choices, checkbox, url },
    one: choiceIds(4),
    some: choiceIds(5),
  };
}

test("a task holds a value of each kind, and its history tells them one by one", async ({ scene }) => {
  const { project, owner, caller, task, ids, one, some } = await fielded(scene);
  const laws = [[`project:${project.id}`, owner]] as const;
  const values = {
    [ids.text]: "Words",
    [ids.number]: 12.5,
    [ids.date]: "2026-01-31",
    [ids.person]: owner.userId,
    [ids.choice]: one[1],
    [ids.choices]: [some[1], some[0], some[1]],
    [ids.checkbox]: false,
    [ids.url]: "https://example.test/a?b=c",
  };
  const updated = await scene.expectLaw(laws, () => caller.tasks.update({ taskId: task.id, fields: values }));
  expect(updated.fields).toEqual({ ...values, [ids.choices]: [...some].sort() });
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(updated);
  const head = await scene.head(`project:${project.id}`);
  expect(await caller.tasks.update({ taskId: task.id, fields: { ...values } })).toEqual(updated);
  expect(await scene.head(`project:${project.id}`)).toBe(head);

  await scene.expectLaw(laws, () =>
    caller.tasks.bulkUpdate({
      taskIds: [task.id],
      fields: { [ids.number]: null, [ids.text]: "", [ids.checkbox]: true },
    }),
  );
  const { items } = await caller.tasks.history({ taskId: task.id, limit: 1 });
  expect(items[0]?.fields).toHaveLength(3);
  expect(items[0]?.fields).toEqual(
    expect.arrayContaining([
      { field: `fields.${ids.number}`, from: 12.5, to: null },
      { field: `fields.${ids.text}`, from: "Words", to: null },
      { field: `fields.${ids.checkbox}`, from: false, to: true },
    ]),
  );
  const made = await scene.expectLaw(laws, () =>
    caller.tasks.create({ projectId: project.id, title: "With", fields: { [ids.number]: -0, [ids.date]: null } }),
  );
  expect(made.fields).toEqual({ [ids.number]: 0 });
  const { task: copy } = await scene.expectLaw(laws, () => caller.tasks.copy({ taskId: task.id }));
  expect(copy.fields).toEqual((await caller.tasks.get({ taskId: task.id })).fields);
});

test("values that are not of their field's kind are refused", async ({ scene }) => {
  const { project, caller, task, ids, one, some } = await fielded(scene);
  const stranger = await scene.person();
  const elsewhere = await fielded(scene);
  for (const fields of [
    { [ids.text]: 1 },
    { [ids.number]: "1" },
    { [ids.number]: 1e300 },
    { [ids.date]: "2026-02-30" },
    { [ids.person]: stranger.userId },
    { [ids.person]: "me" },
    { [ids.choice]: some[0] },
    { [ids.choice]: [one[0]] },
    { [ids.choices]: some[0] },
    { [ids.choices]: [some[0], one[0]] },
    { [ids.checkbox]: "true" },
    { [ids.url]: "javascript:alert(1)" },
    { [elsewhere.ids.text]: "Words" },
    { [crypto.randomUUID()]: "Words" },
  ]) {
    const update = caller.tasks.update({ taskId: task.id, fields });
    await expect(update, JSON.stringify(fields)).rejects.toMatchObject(refusal("validation.failed"));
    const create = caller.tasks.create({ projectId: project.id, title: "X", fields });
    await expect(create, JSON.stringify(fields)).rejects.toMatchObject(refusal("validation.failed"));
  }
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(task);
});

test("what goes from the project goes from its tasks", async ({ scene }) => {
  const { project, owner, caller, task, ids, one, some } = await fielded(scene);
  const laws = [[`project:${project.id}`, owner]] as const;
  const named = await scene.personWith("editor", project);
  const fields = { [ids.person]: named.userId, [ids.choice]: one[0], [ids.choices]: some, [ids.number]: 3 };
  await caller.tasks.update({ taskId: task.id, fields });
  const now = async () => (await caller.tasks.get({ taskId: task.id })).fields;

  const { items } = await caller.fields.list({ projectId: project.id });
  const choices = items.find(({ id }) => id === ids.choices)?.choices ?? [];
  await scene.expectLaw(laws, () => caller.fields.update({ fieldId: ids.choices, choices: choices.slice(1) }));
  expect(await now()).toMatchObject({ [ids.choices]: [some[1]] });
  await scene.expectLaw(laws, () => caller.fields.update({ fieldId: ids.choice, choices: [] }));
  expect(await now()).not.toHaveProperty(ids.choice);
  await scene.expectLaw(laws, () => caller.fields.delete({ fieldId: ids.number }));
  expect(await now()).not.toHaveProperty(ids.number);
  const { organizationId } = project;
  await scene.expectLaw(laws, () => caller.members.remove({ organizationId, userId: named.userId }));
  expect(await now()).toEqual({ [ids.choices]: [some[1]] });
});

test("a field's choices are its own, each once, and only kinds that have some", async ({ scene }) => {
  const { project, caller, ids, one, some } = await fielded(scene);
  const projectId = project.id;
  for (const [call, code] of [
    [() => caller.fields.create({ projectId, name: "a TEXT", kind: "text" }), "conflict"],
    [() => caller.fields.create({ projectId, name: "X", kind: "text", choices: [{ name: "A" }] }), "validation.failed"],
    [
      () => caller.fields.create({ projectId, name: "X", kind: "choice", choices: [{ name: "A" }, { name: "a" }] }),
      "validation.failed",
    ],
    [() => caller.fields.update({ fieldId: ids.choice, choices: [{ id: some[0], name: "A" }] }), "validation.failed"],
    [
      () =>
        caller.fields.update({
          fieldId: ids.choice,
          choices: [one[0], one[0]].map((id, at) => ({ id, name: `${at}` })),
        }),
      "validation.failed",
    ],
    [() => caller.fields.update({ fieldId: ids.text, choices: [{ name: "A" }] }), "validation.failed"],
    [() => caller.fields.update({ fieldId: ids.text, name: "Other", version: 9 }), "stale"],
  ] as const)
    await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));
  const renamed = await caller.fields.update({
    fieldId: ids.choice,
    choices: [{ name: "New" }, { id: one[1], name: "Higher" }, { id: one[0], name: "Low" }],
  });
  expect(renamed.choices.map(({ name }) => name)).toEqual(["New", "Higher", "Low"]);
  const same = renamed.choices.map(({ id, name, color }) => ({ id, name, color }));
  expect(await caller.fields.update({ fieldId: ids.choice, choices: same })).toEqual(renamed);
});
