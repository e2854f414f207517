import { expect } from "vitest";
import type { Actor } from "../../context.ts";
import type { Channel } from "../../platform/feed.ts";
import { catchUp, foundProject } from "../../testing/analytics.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import { buildWorld } from "../../testing/world.ts";

/** A project with one of everything that belongs to a task, and another one that its owner and its viewer can read. */
async function twoProjects(scene: Scene) {
  const world = await buildWorld(scene);
  const { owner, viewer, editor } = world.people as Record<string, Actor> & {
    owner: Actor;
    viewer: Actor;
    editor: Actor;
  };
  const caller = scene.caller(owner);
  const [organizationId, fromProjectId, taskId] = [
    world.ids["organization"],
    world.ids["project"],
    world.ids["task"],
  ].map((ids) => ids?.[0] as string) as [string, string, string];
  const there = await caller.projects.create({ organizationId, name: "There", visibility: "private", key: "THERE" });
  await caller.projectMembers.add({ projectId: there.id, userId: viewer.userId, role: "viewer" });
  const comment = await caller.comments.create({
    taskId,
    body: `@[a](user:${viewer.userId}) and @[b](user:${editor.userId})`,
  });
  for (const person of [viewer, editor]) {
    await scene.caller(person).comments.markRead({ taskId, commentId: comment.id });
    await scene.caller(person).notifications.muteTask({ taskId });
  }
  const entry = await caller.timeEntries.create({
    projectId: fromProjectId,
    taskId,
    spentOn: "2026-02-11",
    durationMinutes: 30,
  });
  await caller.timers.start({ projectId: fromProjectId, taskId });
  const laws: [Channel, Actor][] = [
    ...[...world.channels, `project:${there.id}`, `project-time:${there.id}`].map((name): [Channel, Actor] => [
      name as Channel,
      owner,
    ]),
    ...[owner, viewer, editor].map((person): [Channel, Actor] => [`user:${person.userId}`, person]),
  ];
  return {
    world,
    caller,
    owner,
    viewer,
    editor,
    organizationId,
    fromProjectId,
    toProjectId: there.id,
    taskId,
    laws,
    entry,
  };
}

/** Every table that names a task and a project, and rows of it that name another project than the task's. */
async function strays(scene: Scene): Promise<string[]> {
  const tables = await scene.app.sql.query<{ name: string }>(
    `select c.table_schema || '.' || c.table_name as name from information_schema.columns c
    join information_schema.columns o using (table_schema, table_name)
    where c.column_name = 'task_id' and o.column_name = 'project_id' and c.table_schema not in ('analytics')
      and c.table_name <> 'former_numbers'`,
  );
  expect(tables.length).toBeGreaterThan(12);
  const found = [];
  for (const { name } of tables) {
    const rows = await scene.app.sql.query(
      `select from ${name} row join tasks.tasks t on t.id = row.task_id where row.project_id <> t.project_id`,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test("a task goes to another project with all that belongs to it", async ({ scene }) => {
  const { caller, owner, viewer, editor, organizationId, fromProjectId, toProjectId, taskId, laws, entry } =
    await twoProjects(scene);
  const child = await caller.tasks.create({ projectId: fromProjectId, title: "Child", parentId: taskId });
  const binned = await caller.tasks.create({ projectId: fromProjectId, title: "In the trash", parentId: taskId });
  await caller.tasks.delete({ taskId: binned.id });
  await caller.taskLinks.create({ taskId, kind: "blocks", otherTaskId: child.id });
  const former = await caller.tasks.get({ taskId });
  const heads = [await scene.head(`project:${fromProjectId}`), await scene.head(`project:${toProjectId}`)] as const;

  const moved = await scene.expectLaw(laws, () =>
    caller.tasks.moveToProject({ taskId, toProjectId, version: former.version }),
  );

  expect(moved).toMatchObject({
    task: { id: taskId, projectId: toProjectId, key: "THERE-1", version: former.version + 1, parentId: null },
    subtasks: [{ id: child.id, key: "THERE-2", parentId: taskId }],
    dropped: [{ kind: "link", taskId }],
  });
  expect(await strays(scene)).toEqual([]);
  const types = async (id: string, since: number) =>
    (await scene.changes(`project:${id}`, since)).filter(({ entity }) => entity === "task").map(({ type }) => type);
  expect(await types(fromProjectId, heads[0])).toEqual(["task.left", "task.left"]);
  expect(await types(toProjectId, heads[1])).toEqual(["task.entered", "task.entered"]);
  const { entities } = (await scene.snapshot(owner, `project:${toProjectId}`)).toJSON() as {
    entities: Record<string, Record<string, unknown>>;
  };
  for (const entity of ["task", "taskLink", "file", "shareLink", "recurrence"])
    expect(Object.keys(entities[entity] ?? {}), entity).not.toEqual([]);
  const { items: comments } = await caller.comments.list({ taskId });
  expect(comments.length).toBeGreaterThan(1);
  const held = async (person: Actor) => {
    const copy = (await scene.snapshot(person, `user:${person.userId}`)).toJSON() as {
      entities: Record<string, Record<string, { taskId?: string; taskKey?: string }>>;
    };
    return ["watch", "reminder", "notification", "mention", "readPosition", "taskMute"].map(
      (entity) => Object.values(copy.entities[entity] ?? {}).filter((row) => row.taskId === taskId).length,
    );
  };
  expect(await held(viewer)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await held(editor)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await caller.timeEntries.get({ timeEntryId: entry.id })).toMatchObject({ projectId: toProjectId, taskId });
  expect(await caller.timers.current({})).toMatchObject({ projectId: toProjectId, taskId });
  expect((await scene.caller(viewer).notifications.list({})).items).toMatchObject([{ taskKey: "THERE-1" }]);
  for (const taskKey of [former.key, "THERE-1"])
    expect(await caller.tasks.getByKey({ organizationId, taskKey })).toMatchObject({ id: taskId });
  for (const scope of [{ organizationId }, { projectId: toProjectId }])
    expect((await caller.tasks.search({ ...scope, text: former.key })).items).toMatchObject([{ id: taskId }]);
  expect((await caller.tasks.search({ projectId: fromProjectId, text: former.key })).items).toEqual([]);
  const editorTasks = scene.caller(editor).tasks;
  await expect(editorTasks.get({ taskId })).rejects.toMatchObject(refusal("not-found"));
  const revoked = await scene.app.sql.query<{ revokes: string[] }>(
    "select revokes from feed.changes where channel = $1 and type = 'comment.moved' order by seq limit 1",
    [`task:${taskId}`],
  );
  expect(revoked[0]?.revokes).toContain(editor.userId);
  expect(revoked[0]?.revokes).not.toContain(viewer.userId);

  const row = { spentOn: "2026-02-12", durationMinutes: 15, task: former.key };
  const imported = await caller.timeEntries.import({ organizationId, rows: [row] });
  expect(await caller.timeEntries.get({ timeEntryId: imported.timeEntryIds[0] as string })).toMatchObject({
    ...{ projectId: toProjectId, taskId },
  });
  const asEditor = scene.caller(editor).timeEntries.import({ organizationId, rows: [row] });
  await expect(asEditor).rejects.toMatchObject(refusal("validation.failed"));

  const head = await scene.head(`project:${toProjectId}`);
  const repeated = await caller.tasks.moveToProject({ taskId, toProjectId });
  expect(repeated).toMatchObject({ task: { key: "THERE-1" }, subtasks: [], dropped: [] });
  expect(await scene.head(`project:${toProjectId}`)).toBe(head);
  await caller.tasks.restore({ taskId: binned.id });

  const back = await scene.expectLaw(laws, () => caller.tasks.moveToProject({ taskId, toProjectId: fromProjectId }));
  expect(back.subtasks).toHaveLength(2);
  expect(back.task.key).not.toBe(former.key);
  for (const taskKey of [former.key, "THERE-1", back.task.key])
    expect(await caller.tasks.getByKey({ organizationId, taskKey })).toMatchObject({ id: taskId });
});

test("what a task has of its project becomes what the other one has of the same name", async ({ scene }) => {
  const { owner, organization, project, done, bug, feature } = await scene.project();
  const caller = scene.caller(owner);
  const here = project.id;
  const { id: there } = await caller.projects.create({
    ...{ organizationId: organization.id, name: "There", visibility: "private" },
  });
  const both = await scene.personWith("editor", project);
  const onlyHere = await scene.personWith("editor", project);
  await caller.projectMembers.add({ projectId: there, userId: both.userId, role: "viewer" });
  const onBoth = async <T>(make: (projectId: string) => Promise<T>) => [await make(here), await make(there)] as const;
  const [labelThere] = [await caller.labels.create({ projectId: there, name: "bug", color: "#123456" })];
  const [goal, goalThere] = await onBoth((projectId) => caller.milestones.create({ projectId, name: "Launch" }));
  const [risk, riskThere] = await onBoth((projectId) =>
    caller.fields.create({ projectId, name: "Risk", kind: "choices", choices: [{ name: "Low" }, { name: "High" }] }),
  );
  const [reviewer, reviewerThere] = await onBoth((projectId) =>
    caller.fields.create({ projectId, name: "Reviewer", kind: "person" }),
  );
  const size = await caller.fields.create({ projectId: here, name: "Size", kind: "number" });
  await caller.fields.create({ projectId: there, name: "Size", kind: "text" });
  const sprint = await caller.sprints.create({
    ...{ projectId: here, name: "First", startsOn: "2026-01-05", endsOn: "2026-01-18" },
  });
  const high = risk.choices[1]?.id as string;
  const task = await caller.tasks.create({
    ...{ projectId: here, title: "Mapped", statusId: done.id, labelIds: [bug.id, feature.id], sprintId: sprint.id },
    ...{ milestoneId: goal.id, assigneeIds: [both.userId, onlyHere.userId] },
    fields: { [risk.id]: [high], [reviewer.id]: onlyHere.userId, [size.id]: 5 },
  });
  const { items: statuses } = await caller.statuses.list({ projectId: there });

  const { task: moved, dropped } = await caller.tasks.moveToProject({ taskId: task.id, toProjectId: there });

  expect(moved).toMatchObject({
    ...{ statusId: statuses.find(({ name }) => name === "Done")?.id, completedAt: task.completedAt },
    ...{ labelIds: [labelThere.id], milestoneId: goalThere.id, sprintId: null, assigneeIds: [both.userId] },
    fields: { [riskThere.id]: [riskThere.choices[1]?.id] },
  });
  expect(dropped.map(({ kind, name }) => [kind, name])).toEqual([
    ["assignee", null],
    ["label", "Feature"],
    ["sprint", "First"],
    ["field", "Reviewer"],
    ["field", "Size"],
  ]);
  expect(moved.fields[reviewerThere.id]).toBeUndefined();
  expect(await caller.tasks.get({ taskId: task.id })).toEqual(moved);
  expect(await strays(scene)).toEqual([]);
});

test("who moves a task may take it from the one project and bring it into the other", async ({ scene }) => {
  const from = await scene.board();
  const to = await scene.project(from);
  const elsewhere = await scene.board();
  const { task, owner, project } = from;
  const asOwner = scene.caller(owner);
  const here = await scene.personWith("editor", project);
  const reader = await scene.personWith("viewer", project);
  await asOwner.projectMembers.add({ projectId: to.project.id, userId: reader.userId, role: "editor" });
  const second = await scene.personWith("editor", project);
  await asOwner.projectMembers.add({ projectId: to.project.id, userId: second.userId, role: "viewer" });
  await asOwner.statuses.update({ statusId: to.doing.id, wipLimit: 1 });
  await asOwner.tasks.create({ projectId: to.project.id, title: "Full", statusId: to.doing.id });
  const binned = await asOwner.tasks.create({ projectId: project.id, title: "Binned" });
  await asOwner.tasks.delete({ taskId: binned.id });
  const archived = await scene.project(from);
  await scene.join(elsewhere.organization.id, owner, "admin");
  await asOwner.projects.archive({ projectId: archived.project.id });
  const input = { taskId: task.id, toProjectId: to.project.id };
  const heads = async () => [
    await scene.head(`project:${project.id}`),
    await scene.head(`project:${to.project.id}`),
    await scene.head(`project:${elsewhere.project.id}`),
  ];
  const before = await heads();
  for (const [name, caller, how, code] of [
    ["into a project one cannot see", scene.caller(here), input, "not-found"],
    ["into one where one only reads", scene.caller(second), input, "access.denied"],
    ["from one where one only reads", scene.caller(reader), input, "access.denied"],
    ["by a stranger", scene.caller(elsewhere.owner), input, "not-found"],
    ["to another organization", asOwner, { ...input, toProjectId: elsewhere.project.id }, "validation.failed"],
    ["into an archived one", asOwner, { ...input, toProjectId: archived.project.id }, "rule.broken"],
    ["into a full status", asOwner, { ...input, toStatusId: to.doing.id }, "rule.broken"],
    ["into a status of the first project", asOwner, { ...input, toStatusId: from.doing.id }, "not-found"],
    ["out of the trash", asOwner, { ...input, taskId: binned.id }, "rule.broken"],
    ["unseen", asOwner, { ...input, version: 7 }, "stale"],
  ] as const)
    await expect(caller.tasks.moveToProject(how), name).rejects.toMatchObject(refusal(code));
  expect(await heads()).toEqual(before);

  const transition = {
    projectId: to.project.id,
    fromStatusId: null,
    toStatusId: to.done.id,
    required: ["dueOn"] as const,
  };
  await asOwner.transitions.create({ ...transition, required: [...transition.required] });
  await asOwner.projects.update({ projectId: to.project.id, settings: { workflow: "restricted" } });
  await expect(asOwner.tasks.moveToProject({ ...input, toStatusId: to.done.id })).rejects.toMatchObject(
    refusal("rule.broken"),
  );
  const begun = await asOwner.tasks.moveToProject(input);
  expect(begun.task.statusId).toBe(to.backlog.id); // where tasks begin: the way to "To do" is closed to new ones
});

test("what begins to belong to a task while it moves is either taken along or refused", async ({ scene }) => {
  const from = await scene.board();
  const to = await scene.project(from);
  const { owner, project, task } = from;
  const caller = scene.caller(owner);
  const laws = [project.id, to.project.id].map((id): [Channel, Actor] => [`project:${id}`, owner]);
  const taskId = task.id;
  const codes = await scene.expectLaw(
    [...laws, [`task:${taskId}`, owner], [`user:${owner.userId}`, owner]],
    async () => {
      const outcomes = await Promise.allSettled([
        ...[to, from, to].map(({ project }) => caller.tasks.moveToProject({ taskId, toProjectId: project.id })),
        ...Array.from({ length: 6 }, (_, at) => caller.comments.create({ taskId, body: `Comment ${at}` })),
        ...Array.from({ length: 3 }, (_, at) => caller.tasks.update({ taskId, title: `Title ${at}` })),
        caller.tasks.create({ projectId: project.id, title: "Child", parentId: taskId }),
        caller.tasks.move({ taskId, toStatusId: from.doing.id, afterTaskId: null }),
        caller.tasks.copy({ taskId }),
      ]);
      return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.cause?.code] : []));
    },
  );
  expect(codes.filter((code) => !["conflict", "not-found", "validation.failed"].includes(code))).toEqual([]);
  expect(await strays(scene)).toEqual([]);
});

test("figures leave the one project and arrive in the other", async ({ scene }) => {
  const from = await foundProject(scene);
  const to = await foundProject(scene, from);
  const { manager } = from;
  const task = await manager.tasks.create({
    ...{ projectId: from.project.id, title: "Counted", statusId: from.todo, estimateMinutes: 60 },
  });
  const remaining = async () => {
    await catchUp(scene);
    return Promise.all(
      [from, to].map(async ({ project }) => {
        const { points } = await manager.analytics.burnDown({ scope: `project:${project.id}` });
        return points.at(-1)?.remaining?.minutes;
      }),
    );
  };
  expect(await remaining()).toEqual([60, 0]);
  await manager.tasks.moveToProject({ taskId: task.id, toProjectId: to.project.id });
  expect(await remaining()).toEqual([0, 60]);
  await manager.tasks.moveToProject({ taskId: task.id, toProjectId: from.project.id });
  expect(await remaining()).toEqual([60, 0]);
});
