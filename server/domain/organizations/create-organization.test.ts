import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("whoever founds an organization owns it, and sees it appear", async ({ scene }) => {
  const founder = await scene.person("Ada");
  const caller = scene.caller(founder);

  const organization = await scene.expectLaw([[`user:${founder.userId}`, founder]], () =>
    caller.organizations.create({ name: "Ärzte & Söhne" }),
  );

  expect(organization).toMatchObject({ name: "Ärzte & Söhne", slug: "arzte-sohne", version: 1 });
  expect(await scene.changes(`organization:${organization.id}`)).toMatchObject([
    { type: "organization.created", patch: organization },
    { type: "member.joined", patch: { userId: founder.userId, name: "Ada", role: "owner" } },
  ]);
  expect(await caller.organizations.get({ organizationId: organization.id })).toEqual({
    ...organization,
    role: "owner",
    roleId: null,
    permissions: expect.arrayContaining(["organization.delete", "project.delete"]),
  });
});

test("slugs made from names differ, also when they are made at once", async ({ scene }) => {
  const caller = scene.caller(await scene.person());
  const made = await Promise.all([1, 2, 3, 4].map(() => caller.organizations.create({ name: "Same name" })));
  expect(made.map(({ slug }) => slug).sort()).toEqual(["same-name", "same-name-2", "same-name-3", "same-name-4"]);
  const { slug } = await caller.organizations.create({ name: "名前" });
  expect(slug).toBe("organization");
});

test("a slug that is given must be free and well made", async ({ scene }) => {
  const caller = scene.caller(await scene.person());
  await caller.organizations.create({ name: "One", slug: "only-one" });
  await expect(caller.organizations.create({ name: "Two", slug: "only-one" })).rejects.toMatchObject(
    refusal("conflict"),
  );
  for (const slug of ["Upper", "a", "two--hyphens", "-edge", "späce", "a".repeat(49)]) {
    await expect(caller.organizations.create({ name: "X", slug })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  }
});

test("founding again with the same mutationId answers the same and founds once", async ({ scene }) => {
  const caller = scene.caller(await scene.person());
  const input = { name: "Once", mutationId: crypto.randomUUID() };
  const [one, other] = await Promise.all([caller.organizations.create(input), caller.organizations.create(input)]);
  expect(other).toEqual(one);
  expect((await caller.organizations.list({})).items).toHaveLength(1);
});

test("one's organizations come by name, page by page", async ({ scene }) => {
  const caller = scene.caller(await scene.person());
  for (const name of ["c", "A", "b"]) await caller.organizations.create({ name: `${name} list` });
  const first = await caller.organizations.list({ limit: 2 });
  const second = await caller.organizations.list({ limit: 2, cursor: first.nextCursor as string });
  expect([...first.items, ...second.items].map(({ name, role }) => [name, role])).toEqual([
    ["A list", "owner"],
    ["b list", "owner"],
    ["c list", "owner"],
  ]);
  expect(second.nextCursor).toBeNull();
  await expect(caller.organizations.list({ cursor: "nonsense" })).rejects.toMatchObject(refusal("validation.failed"));
});
