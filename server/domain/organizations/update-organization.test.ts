import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a new name reaches the organization and everybody's own list", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const guest = await scene.join(organization.id, await scene.person(), "guest");
  const input = { organizationId: organization.id, name: "New name", version: 1 };

  const updated = await scene.expectLaw(
    [
      [`organization:${organization.id}`, owner],
      [`user:${guest.userId}`, guest],
      [`user:${owner.userId}`, owner],
    ],
    () => scene.caller(owner).organizations.update(input),
  );

  expect(updated).toMatchObject({ name: "New name", version: 2 });
  expect(await scene.changes(`user:${guest.userId}`)).toMatchObject([
    { type: "membership.changed", patch: { name: "New name" } },
  ]);
  await expect(scene.caller(owner).organizations.update(input)).rejects.toMatchObject(refusal("stale"));
});

test("an update that changes nothing leaves no trace", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const head = await scene.head(`organization:${organization.id}`);
  const { version } = await scene.caller(owner).organizations.update({
    organizationId: organization.id,
    name: organization.name,
  });
  expect(version).toBe(1);
  expect(await scene.head(`organization:${organization.id}`)).toBe(head);
});

test.for([
  ["member", "access.denied"],
  ["guest", "access.denied"],
  ["stranger", "not-found"],
] as const)("an update by a %s fails with %s", async ([who, code], { scene }) => {
  const { organization } = await scene.organization();
  const person = await scene.person();
  if (who !== "stranger") await scene.join(organization.id, person, who);
  const call = scene.caller(person).organizations.update({ organizationId: organization.id, name: "Mine" });
  await expect(call).rejects.toMatchObject(refusal(code));
});
