import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function openProject(scene: Scene) {
  const { organization, owner, project } = await scene.project();
  const member = await scene.join(organization.id, await scene.person(), "member");
  const laws = [
    [`organization:${organization.id}`, owner],
    [`project:${project.id}`, owner],
    [`user:${member.userId}`, member],
  ] as const;
  return { organization, owner, member, project, laws, projects: scene.caller(owner).projects };
}

test("words change once per version", async ({ scene }) => {
  const { project, laws, projects } = await openProject(scene);
  const input = { projectId: project.id, name: "New", description: "**more**", version: 1 };
  const updated = await scene.expectLaw(laws, () => projects.update(input));
  expect(updated).toMatchObject({ name: "New", description: "**more**", version: 2 });
  await expect(projects.update(input)).rejects.toMatchObject({
    cause: { code: "stale", details: { current: updated } },
  });
  const head = await scene.head(`project:${project.id}`);
  expect(await projects.update({ projectId: project.id, name: "New" })).toEqual(updated);
  expect(await scene.head(`project:${project.id}`)).toBe(head);
});

test("a project enters the organization's channel when it opens, and leaves it with those who had no role", async ({
  scene,
}) => {
  const { organization, project, member, laws, projects } = await openProject(scene);
  const reader = await scene.join(organization.id, await scene.person(), "member");
  await scene.expectLaw(laws, () => projects.update({ projectId: project.id, visibility: "organization" }));
  expect(await scene.caller(member).projects.get({ projectId: project.id })).toMatchObject({ role: "editor" });
  await scene.expectLaw(laws, () => projects.update({ projectId: project.id, name: "Open" }));

  await scene.expectLaw(laws, () => projects.update({ projectId: project.id, visibility: "private" }));

  expect((await scene.changes(`organization:${organization.id}`)).map(({ type }) => type)).toEqual([
    "project.opened",
    "project.updated",
    "project.closed",
  ]);
  const [last] = await scene.app.sql.query<{ revokes: string[] }>(
    "select revokes from feed.changes where channel = $1 order by seq desc limit 1",
    [`project:${project.id}`],
  );
  expect(last?.revokes.sort()).toEqual([member.userId, reader.userId].sort());
  const shut = scene.caller(member).projects.get({ projectId: project.id });
  await expect(shut).rejects.toMatchObject(refusal("not-found"));
});

test("an archived project can be read and restored, and nothing else", async ({ scene }) => {
  const { project, laws, projects, owner, organization } = await openProject(scene);
  const projectId = project.id;
  await scene.expectLaw(laws, () => projects.archive({ projectId }));
  const head = await scene.head(`project:${projectId}`);
  await projects.archive({ projectId }); // again
  expect(await scene.head(`project:${projectId}`)).toBe(head);
  expect((await projects.list({ organizationId: organization.id })).items).toEqual([]);
  expect((await projects.list({ archived: true })).items).toMatchObject([{ id: projectId }]);
  const { statuses, labels } = scene.caller(owner);
  for (const call of [
    () => projects.update({ projectId, name: "X" }),
    () => statuses.create({ projectId, name: "X", category: "todo" }),
    () => labels.create({ projectId, name: "X", color: "#ffffff" }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal("rule.broken"));
  }
  const restored = await scene.expectLaw(laws, () => projects.restore({ projectId }));
  expect(restored.archivedAt).toBeNull();
});

test("a deleted project leaves nothing behind", async ({ scene }) => {
  const { project, owner, organization, task, bug } = await scene.board();
  const projectId = project.id;
  const editor = await scene.personWith("editor", project);
  const caller = scene.caller(owner);
  await caller.projects.update({ projectId, visibility: "organization" });
  await scene.app.sql.query(
    "insert into tasks.task_labels (organization_id, project_id, task_id, label_id) values ($1, $2, $3, $4)",
    [organization.id, projectId, task.id, bug.id],
  );
  await scene.app.sql.query(
    `insert into tasks.watches (id, organization_id, project_id, task_id, user_id, created_at)
     values (gen_random_uuid(), $1, $2, $3, $4, date_trunc('milliseconds', now()))`,
    [organization.id, projectId, task.id, editor.userId],
  );

  await scene.expectLaw(
    [
      [`organization:${organization.id}`, owner],
      [`user:${editor.userId}`, editor],
      [`user:${owner.userId}`, owner],
    ],
    () => caller.projects.delete({ projectId }),
  );

  const last = (await scene.changes(`project:${projectId}`)).at(-1);
  expect(last).toMatchObject({ type: "project.deleted", op: "delete" });
  const revoked = await scene.app.sql.query<{ channel: string }>(
    "select channel from feed.changes where revokes is not null and entity_id = $1 order by channel",
    [projectId],
  );
  expect(revoked).toEqual([{ channel: `project-time:${projectId}` }, { channel: `project:${projectId}` }]); // nobody loses the organization's channel
  await expect(caller.projects.delete({ projectId })).rejects.toMatchObject(refusal("not-found"));
});

test.for([
  ["editor", "access.denied"],
  ["viewer", "access.denied"],
  ["stranger", "not-found"],
] as const)("a %s who manages a project gets %s", async ([who, code], { scene }) => {
  const { project } = await scene.project();
  const { projects } = await scene.as(who, project);
  const { id: projectId } = project;
  for (const call of [
    () => projects.update({ projectId, name: "Mine" }),
    () => projects.archive({ projectId }),
    () => projects.restore({ projectId }),
    () => projects.delete({ projectId }),
  ]) {
    await expect(call()).rejects.toMatchObject(refusal(code));
  }
});
