import { expect } from "vitest";
import { type Scene, test } from "../../testing/scene.ts";
import { giveRole } from "./administer-member.ts";

async function buildMembers(scene: Scene) {
  const { organization, owner } = await scene.organization();
  const { id: organizationId, slug } = organization;
  const person = await scene.person();
  const member = { ...(await scene.join(organizationId, person, "member")), email: person.email };
  const { email: ownerEmail } = (await scene.caller(owner).auth.me({})).user;
  return { organizationId, slug, owner, ownerEmail, member };
}

test("an operator makes a member an owner: told, audited without an actor, and done once", async ({ scene }) => {
  const { organizationId, slug, owner, member } = await buildMembers(scene);
  const promote = () => giveRole(scene.ctx(null), { slug, email: member.email.toUpperCase() }, "owner");

  const given = await scene.expectLaw(
    [
      [`organization:${organizationId}`, owner],
      [`user:${member.userId}`, member],
    ],
    promote,
  );

  expect(given).toMatchObject({ userId: member.userId, role: "owner", version: 2 });
  expect((await scene.changes(`organization:${organizationId}`)).at(-1)).toMatchObject({
    type: "member.role-changed",
    actorId: null,
    patch: { role: "owner" },
  });
  const audited = `select action, actor_id as "actorId", before ->> 'role' as before, after ->> 'role' as after
    from auth.audit_entries where organization_id = $1`;
  expect(await scene.app.sql.query(audited, [organizationId])).toEqual([
    { action: "member.role-changed", actorId: null, before: "member", after: "owner" },
  ]);
  const head = await scene.head(`organization:${organizationId}`);
  expect(await promote()).toEqual(given);
  expect(await scene.head(`organization:${organizationId}`)).toBe(head);
});

test.for([
  ["takes the last owner away", "rule.broken", (of) => [of, of.ownerEmail, "admin"]],
  ["names no organization", "not-found", (of) => [{ ...of, slug: "unknown" }, of.member.email, "owner"]],
  ["names nobody", "not-found", (of) => [of, "unknown@example.test", "owner"]],
  ["names somebody elsewhere", "not-found", (of) => [of, of.strangerEmail, "owner"]],
  ["makes a program an owner", "rule.broken", (of) => [of, of.programEmail, "owner"]],
] as const satisfies [string, string, (of: Cast) => readonly [Cast, string, "owner" | "admin"]][])(
  "what %s fails with %s and changes nothing",
  async ([, code, call], { scene }) => {
    const members = await buildMembers(scene);
    const { organizationId, owner } = members;
    const account = { organizationId, name: "Program", role: "member" as const, scopes: ["task.read"] };
    const { serviceAccount } = await scene.caller(owner).serviceAccounts.create(account);
    const [program] = await scene.app.sql.query<{ email: string }>("select email from auth.users where id = $1", [
      serviceAccount.id,
    ]);
    const { email: strangerEmail } = await scene.person();
    const head = await scene.head(`organization:${organizationId}`);

    const [{ slug }, email, role] = call({ ...members, strangerEmail, programEmail: program?.email as string });

    await expect(giveRole(scene.ctx(null), { slug, email }, role)).rejects.toMatchObject({ code });
    expect(await scene.head(`organization:${organizationId}`)).toBe(head);
  },
);

type Cast = Awaited<ReturnType<typeof buildMembers>> & { strangerEmail: string; programEmail: string };
