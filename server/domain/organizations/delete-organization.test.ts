import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("an organization goes with its projects and tasks, and leaves everybody's lists", async ({ scene }) => {
  const board = await scene.board();
  const { organization, owner, project } = board;
  const editor = await scene.personWith("editor", project);
  await scene.caller(owner).invitations.create({
    organizationId: organization.id,
    email: "somebody@example.test",
    role: "member",
  });

  await scene.expectLaw(
    [
      [`user:${owner.userId}`, owner],
      [`user:${editor.userId}`, editor],
    ],
    () => scene.caller(owner).organizations.delete({ organizationId: organization.id, confirm: organization.slug }),
  );

  expect((await scene.changes(`user:${editor.userId}`)).map(({ type }) => type).sort()).toEqual([
    "membership.ended",
    "project-access.ended",
  ]);
  expect((await scene.changes(`organization:${organization.id}`)).at(-1)).toMatchObject({
    type: "organization.deleted",
    op: "delete",
  });
  expect((await scene.changes(`project:${project.id}`)).at(-1)).toMatchObject({ type: "project.deleted" });
  const gone = scene.caller(owner).organizations.get({ organizationId: organization.id });
  await expect(gone).rejects.toMatchObject(refusal("not-found"));
});

test.for([
  ["owner", "wrong", "rule.broken"],
  ["admin", "slug", "access.denied"],
  ["guest", "slug", "access.denied"],
  ["stranger", "slug", "not-found"],
] as const)("a deletion by a %s with the %s confirmation fails with %s", async ([who, confirm, code], { scene }) => {
  const { organization } = await scene.organization();
  const person = await scene.person();
  if (who !== "stranger") await scene.join(organization.id, person, who);
  const call = scene.caller(person).organizations.delete({
    organizationId: organization.id,
    confirm: confirm === "slug" ? organization.slug : "another",
  });
  await expect(call).rejects.toMatchObject(refusal(code));
});
