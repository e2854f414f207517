import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a project begins with its statuses and its creator as manager", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  const member = await scene.join(organizationId, await scene.person("Grace"), "member");

  const project = await scene.expectLaw(
    [
      [`organization:${organizationId}`, owner],
      [`user:${member.userId}`, member],
    ],
    () => scene.caller(member).projects.create({ organizationId, name: "Website relaunch" }),
  );

  expect(project).toMatchObject({ name: "Website relaunch", key: "WR", visibility: "organization", archivedAt: null });
  expect(await scene.changes(`project:${project.id}`)).toMatchObject([
    { type: "project.created", patch: project },
    { type: "project-member.added", patch: { name: "Grace", role: "manager" } },
    ...["Backlog", "To do", "In progress", "Done", "Cancelled"].map((name) => ({
      type: "status.created",
      patch: { name },
    })),
  ]);
  const { items } = await scene.caller(member).statuses.list({ projectId: project.id });
  expect(items.map(({ category }) => category)).toEqual(["backlog", "todo", "in_progress", "done", "cancelled"]);
});

test("a private project is in nobody's list but its people's, and not in the organization's channel", async ({
  scene,
}) => {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  const member = await scene.join(organizationId, await scene.person(), "member");
  const other = await scene.join(organizationId, await scene.person(), "member");
  const head = await scene.head(`organization:${organizationId}`);
  await scene.caller(member).projects.create({ organizationId, name: "Secret", visibility: "private" });
  expect(await scene.head(`organization:${organizationId}`)).toBe(head);
  const seenBy = async (actor: typeof owner) => (await scene.caller(actor).projects.list({ organizationId })).items;
  expect(await seenBy(member)).toMatchObject([{ name: "Secret", role: "manager" }]);
  expect(await seenBy(owner)).toMatchObject([{ name: "Secret", role: "manager" }]);
  expect(await seenBy(other)).toEqual([]);
});

test("keys made from names differ, also when they are made at once", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const create = (name: string, key?: string) =>
    scene.caller(owner).projects.create({ organizationId: organization.id, name, ...(key ? { key } : {}) });
  const made = await Promise.all([1, 2, 3].map(() => create("Mobile app")));
  expect(made.map(({ key }) => key).sort()).toEqual(["MA", "MA2", "MA3"]);
  expect(await create("名前")).toMatchObject({ key: "PRJ" });
  expect(await create("Given", "web")).toMatchObject({ key: "WEB" });
  await expect(create("Other", "WEB")).rejects.toMatchObject(refusal("conflict"));
  await expect(create("Other", "1X")).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test.for([
  ["guest", "access.denied"],
  ["stranger", "not-found"],
] as const)("a %s who begins a project gets %s", async ([who, code], { scene }) => {
  const { organization } = await scene.organization();
  const person = await scene.person();
  if (who !== "stranger") await scene.join(organization.id, person, who);
  const call = scene.caller(person).projects.create({ organizationId: organization.id, name: "X" });
  await expect(call).rejects.toMatchObject(refusal(code));
});
