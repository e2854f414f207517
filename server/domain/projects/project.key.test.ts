import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";
import { buildNotifications } from "../../testing/world.notifications.ts";
import { rekeyTasks } from "../tasks/follow-key.ts";

test("a project gets another key, its tasks follow, and old keys lead to them", async ({ scene }) => {
  const { organization, project, owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const organizationId = organization.id;
  const viewer = await scene.personWith("viewer", project);
  const trashed = await caller.tasks.create({ projectId, title: "In the trash" });
  await caller.tasks.delete({ taskId: trashed.id });
  await buildNotifications(scene, task, [viewer]);
  const laws = [
    [`project:${projectId}`, owner],
    [`organization:${organizationId}`, owner],
    [`user:${viewer.userId}`, viewer],
  ] as const;
  const head = await scene.head(`project:${projectId}`);

  const input = { projectId, key: "fresh", version: 1 };
  const updated = await scene.expectLaw(laws, () => caller.projects.update(input));

  expect(updated).toMatchObject({ key: "FRESH", version: 2 });
  expect(await scene.changes(`project:${projectId}`, head)).toMatchObject([
    { type: "task.rekeyed", patch: { key: "FRESH-1", version: 2 } },
    { type: "project.updated", patch: { key: "FRESH" } },
  ]);
  expect((await caller.tasks.trash({ projectId })).items).toMatchObject([{ key: "FRESH-2" }]);
  expect((await scene.caller(viewer).notifications.list({})).items).toMatchObject([{ taskKey: "FRESH-1" }]);
  for (const taskKey of ["FRESH-1", task.key, task.key.toLowerCase()])
    expect(await caller.tasks.getByKey({ organizationId, taskKey })).toMatchObject({ id: task.id, key: "FRESH-1" });
  for (const text of ["FRESH-1", task.key])
    expect((await caller.tasks.search({ organizationId, text })).items).toMatchObject([{ id: task.id }]);
  const row = { spentOn: "2026-01-05", durationMinutes: 30, task: task.key };
  expect(await caller.timeEntries.import({ organizationId, rows: [row] })).toMatchObject({
    timeEntryIds: [expect.any(String)],
  });
  expect(await caller.tasks.create({ projectId, title: "Next" })).toMatchObject({ key: "FRESH-3" });
  const { items } = await caller.audit.list({ organizationId, actions: ["project.updated"] });
  expect(items).toMatchObject([{ before: { key: project.key }, after: { key: "FRESH" } }]);

  await expect(caller.projects.update(input)).rejects.toMatchObject(refusal("stale"));
  const again = await scene.head(`project:${projectId}`);
  expect(await caller.projects.update({ projectId, key: "FRESH" })).toEqual(updated);
  expect(await scene.head(`project:${projectId}`)).toBe(again);
  expect(await caller.projects.update({ projectId, key: project.key })).toMatchObject({ key: project.key });
  expect(await caller.tasks.get({ taskId: task.id })).toMatchObject({ key: task.key });
});

test("a key stays its project's own, also when it has another one", async ({ scene }) => {
  const first = await scene.project();
  const second = await scene.project(first);
  const elsewhere = await scene.project();
  const { owner, organization, project } = first;
  const caller = scene.caller(owner);
  const editor = await scene.as("editor", project);
  const stranger = await scene.as("stranger", project);
  await caller.projects.update({ projectId: project.id, key: "MOVED" });
  await scene.caller(elsewhere.owner).projects.update({ projectId: elsewhere.project.id, key: project.key });
  const { id: projectId } = second.project;
  const head = await scene.head(`project:${projectId}`);

  for (const [call, code] of [
    [() => caller.projects.update({ projectId, key: "MOVED" }), "conflict"],
    [() => caller.projects.update({ projectId, key: project.key }), "conflict"],
    [() => caller.projects.create({ organizationId: organization.id, name: "X", key: project.key }), "conflict"],
    [() => editor.projects.update({ projectId: project.id, key: "MINE" }), "access.denied"],
    [() => stranger.projects.update({ projectId: project.id, key: "MINE" }), "not-found"],
    [() => stranger.tasks.getByKey({ organizationId: organization.id, taskKey: `${project.key}-1` }), "not-found"],
    [() => caller.tasks.getByKey({ organizationId: organization.id, taskKey: "MOVED-1" }), "not-found"],
  ] as const)
    await expect(call(), call.toString()).rejects.toMatchObject(refusal(code));
  for (const key of ["1A", "A", "A-B", "ELEVENLETTER"])
    await expect(caller.projects.update({ projectId, key }), key).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(await scene.head(`project:${projectId}`)).toBe(head);
  await scene.caller(owner).projects.delete({ projectId: project.id });
  expect(await caller.projects.update({ projectId, key: "MOVED" })).toMatchObject({ key: "MOVED" });
});

test("no task is created with a former key, whatever happens at the same time", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;
  await scene.expectLaw(laws, () =>
    Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        at % 10 === 5
          ? caller.projects.update({ projectId, key: `KEY${at}` })
          : caller.tasks.create({ projectId, title: `Task ${at}` }),
      ),
    ),
  );
  const { key } = await caller.projects.get({ projectId });
  const { items } = await caller.tasks.list({ projectId, sort: "number" });
  expect(items.map((task) => task.key)).toEqual(Array.from({ length: 27 }, (_, at) => `${key}-${at + 1}`));
});

test("tasks of a large project follow behind its own transaction", async ({ scene }) => {
  const { project, owner, todo } = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  await scene.app.sql.query(
    `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, created_by_id, created_at, updated_at)
    select gen_random_uuid(), $1, $2, n, $3 || '-' || n, 'Task ' || n, '', $4, 'a' || n, 'none', $5, date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
    from generate_series(1, 450) n`,
    [project.organizationId, projectId, project.key, todo.id, owner.userId],
  );
  const withKey = async (key: string) =>
    (
      await scene.app.sql.query<{ id: string }>(
        "select id from tasks.tasks where project_id = $1 and starts_with(key, $2)",
        [projectId, `${key}-`],
      )
    ).length;
  const laws = [[`project:${projectId}`, owner]] as const;

  await scene.expectLaw(laws, () => caller.projects.update({ projectId, key: "LARGE" }));
  expect(await withKey("LARGE")).toBe(200);
  await scene.expectLaw(laws, () => rekeyTasks(scene.ctx(owner), { projectId, userId: owner.userId }));
  expect(await withKey("LARGE")).toBe(450);
  const head = await scene.head(`project:${projectId}`);
  await rekeyTasks(scene.ctx(owner), { projectId, userId: owner.userId }); // once more
  expect(await scene.head(`project:${projectId}`)).toBe(head);
  const jobs = await scene.app.sql.query("select input from feed.jobs where name = 'task.rekey'");
  expect(jobs).toEqual([{ input: { projectId, userId: owner.userId } }]);
});
