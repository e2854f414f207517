import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a new role shows to all and in the person's own list", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const person = await scene.join(organization.id, await scene.person("Grace"), "member");
  const input = { organizationId: organization.id, userId: person.userId, role: "admin" as const, version: 1 };

  const updated = await scene.expectLaw(
    [
      [`organization:${organization.id}`, owner],
      [`user:${person.userId}`, person],
    ],
    () => scene.caller(owner).members.updateRole(input),
  );

  expect(updated).toMatchObject({ name: "Grace", role: "admin", version: 2 });
  const stale = scene.caller(owner).members.updateRole({ ...input, role: "member" });
  await expect(stale).rejects.toMatchObject(refusal("stale"));
});

test("who becomes a guest leaves the organization's channel in order", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const person = await scene.join(organization.id, await scene.person(), "member");
  const organizationId = organization.id;
  await scene.caller(owner).members.updateRole({ organizationId, userId: person.userId, role: "guest" });
  const rows = await scene.app.sql.query(
    "select revokes from feed.changes where channel = $1 and revokes is not null",
    [`organization:${organizationId}`],
  );
  expect(rows).toEqual([{ revokes: [person.userId] }]);
  const list = scene.caller(person).members.list({ organizationId });
  await expect(list).rejects.toMatchObject(refusal("access.denied"));
});

test.for([
  ["admin", "member", "owner", "access.denied"], // makes an owner
  ["admin", "owner", "member", "access.denied"], // demotes one
  ["admin", "admin", "guest", null],
  ["admin", "guest", "admin", null],
  ["member", "guest", "member", "access.denied"],
  ["guest", "guest", "member", "access.denied"],
  ["stranger", "guest", "member", "not-found"],
] as const)("a %s who makes a %s a %s gets %s", async ([who, from, to, code], { scene }) => {
  const { organization } = await scene.organization();
  const organizationId = organization.id;
  const caller = await scene.person();
  if (who !== "stranger") await scene.join(organizationId, caller, who);
  const { userId } = await scene.join(organizationId, await scene.person(), from);
  const call = scene.caller(caller).members.updateRole({ organizationId, userId, role: to });
  if (code) await expect(call).rejects.toMatchObject(refusal(code));
  else expect(await call).toMatchObject({ role: to });
});

test("an admin cannot remove an owner", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  await scene.join(organizationId, await scene.person(), "owner");
  const admin = await scene.join(organizationId, await scene.person(), "admin");
  const call = scene.caller(admin).members.remove({ organizationId, userId: owner.userId });
  await expect(call).rejects.toMatchObject(refusal("access.denied"));
});
