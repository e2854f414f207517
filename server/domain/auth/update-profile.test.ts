import { describe, expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("a new name shows in one's own channel, in every organization and in every project", async ({ scene }) => {
  const { organization, owner, project } = await scene.project();
  const elsewhere = await scene.organization();
  const person = await scene.personWith("editor", project);
  await scene.join(elsewhere.organization.id, person, "member");

  const user = await scene.expectLaw(
    [
      [`user:${person.userId}`, person],
      [`organization:${organization.id}`, owner],
      [`organization:${elsewhere.organization.id}`, elsewhere.owner],
      [`project:${project.id}`, owner],
    ],
    () => scene.caller(person).users.update({ name: "Grace Hopper" }),
  );

  expect(user).toMatchObject({ name: "Grace Hopper", version: 2 });
  const [change] = await scene.changes(`organization:${elsewhere.organization.id}`);
  expect(change).toMatchObject({ type: "member.profile-changed", patch: { name: "Grace Hopper" } });
  const people = await scene.caller(owner).members.list({ organizationId: organization.id });
  expect(people.items.map(({ name }) => name)).toContain("Grace Hopper");
});

test("preferences are one's own: nobody else hears of them", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const preferences = {
    locale: "de-CH",
    timeZone: "Europe/Zurich",
    workingDays: [1, 2, 3, 4],
    weekStartsOn: 7,
    theme: "dark" as const,
  };
  const head = await scene.head(`organization:${organization.id}`);

  const user = await scene.expectLaw([[`user:${owner.userId}`, owner]], () =>
    scene.caller(owner).users.update({ ...preferences, workingDays: [4, 3, 2, 1, 1] }),
  );

  expect(user).toMatchObject(preferences);
  expect(await scene.changes(`organization:${organization.id}`, head)).toEqual([]);
  expect((await scene.caller(owner).auth.me({})).user).toEqual(user);
});

test("what changes nothing records nothing; a stale edit is refused with the current state", async ({ scene }) => {
  const { owner } = await scene.organization();
  const caller = scene.caller(owner);
  const user = await caller.users.update({ theme: "dark", version: 1 });
  const head = await scene.head(`user:${owner.userId}`);

  expect(await caller.users.update({ theme: "dark" })).toEqual(user);
  expect(await scene.head(`user:${owner.userId}`)).toBe(head);
  await expect(caller.users.update({ theme: "light", version: 1 })).rejects.toMatchObject({
    cause: { code: "stale", details: { current: { theme: "dark" } } },
  });
});

test("who joins while a name changes has the new one in the end", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const admin = scene.caller(owner);
  for (let round = 1; round <= 5; round += 1) {
    const person = await scene.person(`Before ${round}`);
    const invitation = await admin.invitations.create({
      organizationId: organization.id,
      email: person.email,
      role: "member",
    });
    const { token } = await admin.invitations.link({ invitationId: invitation.id });
    await scene.expectLaw([[`organization:${organization.id}`, owner]], () =>
      Promise.all([
        scene.caller(person).invitations.accept({ token }),
        scene.caller(person).users.update({ name: `After ${round}` }),
      ]),
    );
  }
});

describe("refused", () => {
  test.for([
    ["an offset", { timeZone: "+01:00" }],
    ["a place that is none", { timeZone: "Europe/Atlantis" }],
    ["a tag that is none", { locale: "de_CH" }],
    ["an eighth day", { workingDays: [8] }],
    ["an empty name", { name: " " }],
    ["another kind of account", { kind: "service" }],
    ["an address", { email: "root@example.test" }],
  ])("%s", async ([, input], { scene }) => {
    const caller = scene.caller(await scene.person());
    await expect(caller.users.update(input as never)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(scene.caller(null).users.update({ theme: "dark" })).rejects.toMatchObject(refusal("auth.required"));
  });
});
