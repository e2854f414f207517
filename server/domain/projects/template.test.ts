import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";
import { builtInNames } from "./built-in-templates.ts";

test("a project begins from a template of another one, with all but its history", async ({ scene }) => {
  const { organization, project, owner, todo, doing, done, bug } = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const editor = await scene.personWith("editor", project);
  const leaver = await scene.personWith("viewer", project);
  const organizationId = organization.id;
  const laws = [
    [`organization:${organizationId}`, owner],
    [`user:${editor.userId}`, editor],
  ] as const;
  const risk = await caller.fields.create({
    projectId,
    name: "Risk",
    kind: "choices",
    choices: [{ name: "Low" }, { name: "High" }],
  });
  const size = await caller.fields.create({ projectId, name: "Size", kind: "number" });
  await caller.transitions.create({
    projectId,
    fromStatusId: todo.id,
    toStatusId: done.id,
    requiredFieldIds: [size.id],
  });
  await caller.statuses.update({ statusId: doing.id, wipLimit: 1 });
  const child = await caller.tasks.create({ projectId, title: "Child", statusId: doing.id, dueOn: "2026-01-12" });
  const parent = await caller.tasks.create({
    ...{ projectId, title: "Parent", statusId: done.id, priority: "high", labelIds: [bug.id] },
    ...{ startOn: "2026-01-05", dueOn: "2026-02-05" },
    fields: { [risk.id]: risk.choices.map(({ id }) => id), [size.id]: 3 },
  });
  await caller.tasks.update({ taskId: child.id, parentId: parent.id });
  await caller.tasks.archive({ taskId: (await caller.tasks.create({ projectId, title: "Archived" })).id });
  const settings = { workflow: "restricted", defaults: { statusId: todo.id } } as const;
  await caller.projects.update({ projectId, settings });

  const template = await scene.expectLaw(laws, () =>
    caller.templates.create({ projectId, name: "As we do it", withPeople: true }),
  );
  await expect(caller.templates.create({ projectId, name: "as we do it" })).rejects.toMatchObject(refusal("conflict"));
  await caller.members.remove({ organizationId, userId: leaver.userId });
  const input = { organizationId, name: "Next", templateId: template.id, startsOn: "2027-03-01" };
  const made = await scene.expectLaw(laws, () => caller.projects.create(input));

  const { entities } = (await scene.snapshot(owner, `project:${made.id}`)).toJSON() as {
    entities: Record<string, Record<string, Record<string, unknown>>>;
  };
  const all = (entity: string) => Object.values(entities[entity] ?? {});
  const named = (entity: string, name: string) => all(entity).find((one) => one["name"] === name) ?? {};
  expect(
    all("status")
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["Backlog", "Done", "In progress", "To do"]);
  expect(made.settings).toMatchObject({
    workflow: "restricted",
    defaults: { statusId: named("status", "To do")["id"] },
  });
  expect(named("status", "In progress")).toMatchObject({ wipLimit: 1 });
  expect(all("transition")).toMatchObject([
    { toStatusId: named("status", "Done")["id"], requiredFieldIds: [named("field", "Size")["id"]] },
  ]);
  expect(
    all("projectMember")
      .map(({ userId }) => userId)
      .sort(),
  ).toEqual([owner.userId, editor.userId].sort());
  const copy = all("task").find(({ title }) => title === "Parent") ?? {};
  expect(all("task")).toHaveLength(2);
  const choices = named("field", "Risk")["choices"] as { id: string }[];
  expect(copy).toMatchObject({
    ...{ statusId: named("status", "Done")["id"], priority: "high", labelIds: [named("label", "Bug")["id"]] },
    ...{ startOn: "2027-03-01", dueOn: "2027-04-01", completedAt: expect.any(String) },
    fields: {
      [named("field", "Size")["id"] as string]: 3,
      [named("field", "Risk")["id"] as string]: choices.map(({ id }) => id).sort(),
    },
  });
  expect(all("task").find(({ title }) => title === "Child")).toMatchObject({
    dueOn: "2027-03-08",
    parentId: copy["id"],
  });

  const bare = await caller.templates.create({ projectId, name: "Bare", withTasks: false });
  expect(await caller.templates.get({ templateId: bare.id })).toMatchObject({ content: { tasks: [], people: [] } });
  const update = { templateId: bare.id, name: "Barer", version: 1 };
  expect(await scene.expectLaw(laws, () => caller.templates.update(update))).toMatchObject({ version: 2 });
  await expect(caller.templates.update(update)).rejects.toMatchObject(refusal("stale"));
  const { items } = await caller.templates.list({ organizationId });
  expect(items.map(({ name }) => name)).toEqual(["As we do it", "Barer"]);
  await scene.expectLaw(laws, () => caller.templates.delete({ templateId: bare.id }));
  await expect(caller.templates.get({ templateId: bare.id })).rejects.toMatchObject(refusal("not-found"));
});

test.for(builtInNames)("the built-in template %s works", async (builtIn, { scene }) => {
  const { organization, owner } = await scene.organization();
  const caller = scene.caller(owner);
  const organizationId = organization.id;
  const project = await scene.expectLaw([[`organization:${organizationId}`, owner]], () =>
    caller.projects.create({ organizationId, name: builtIn, builtIn }),
  );
  const again = await caller.templates.create({ projectId: project.id, name: builtIn });
  expect(await caller.projects.create({ organizationId, name: "Again", templateId: again.id })).toMatchObject({
    settings: { workflow: project.settings.workflow, features: project.settings.features },
  });
});

test("templates are an organization's own, and made by who manages them", async ({ scene }) => {
  const { organization, project, owner } = await scene.project();
  const elsewhere = await scene.organization();
  const caller = scene.caller(owner);
  const { id: templateId } = await caller.templates.create({ projectId: project.id, name: "Ours" });
  const theirs = scene.caller(elsewhere.owner);
  const organizationId = elsewhere.organization.id;
  const member = scene.caller(await scene.join(organization.id, await scene.person(), "member"));
  for (const [call, code] of [
    [() => theirs.projects.create({ organizationId, name: "X", templateId }), "not-found"],
    [() => theirs.templates.get({ templateId }), "not-found"],
    [() => theirs.templates.create({ projectId: project.id, name: "X" }), "not-found"],
    [() => member.templates.create({ projectId: project.id, name: "X" }), "access.denied"],
    [() => member.templates.delete({ templateId }), "access.denied"],
    [
      () => caller.projects.create({ organizationId: organization.id, name: "X", templateId, builtIn: "scrum" }),
      "validation.failed",
    ],
  ] as const)
    await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));
  expect(await member.projects.create({ organizationId: organization.id, name: "Mine", templateId })).toMatchObject({
    name: "Mine",
  });
});
