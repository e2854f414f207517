import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

async function invited(scene: Scene, role: "admin" | "member" | "guest" = "member") {
  const { organization, owner } = await scene.organization();
  const person = await scene.person("Grace");
  const caller = scene.caller(owner);
  const organizationId = organization.id;
  const invitation = await caller.invitations.create({ organizationId, email: person.email, role });
  const { token } = await caller.invitations.link({ invitationId: invitation.id });
  return { organization, organizationId, owner, caller, person, invitation, token };
}

test("an invitation is made, read by its token and accepted once", async ({ scene }) => {
  const { organization, organizationId, owner, person, invitation, token } = await invited(scene);
  const invitee = scene.caller(person);
  expect(await invitee.invitations.preview({ token })).toMatchObject({
    organizationName: organization.name,
    forYou: true,
    expired: false,
    role: "member",
  });

  await scene.expectLaw(
    [
      [`organization:${organizationId}`, owner],
      [`organization-admins:${organizationId}`, owner],
      [`user:${person.userId}`, person],
    ],
    () => invitee.invitations.accept({ token }),
  );

  expect(await scene.changes(`organization-admins:${organizationId}`)).toMatchObject([
    { type: "invitation.created", entityId: invitation.id },
    { type: "invitation.accepted", op: "delete" },
  ]);
  expect(await scene.changes(`user:${person.userId}`)).toMatchObject([
    { type: "membership.began", patch: { id: organizationId, role: "member" } },
  ]);
  await expect(invitee.invitations.accept({ token })).rejects.toMatchObject(refusal("not-found"));
  expect((await scene.caller(owner).invitations.list({ organizationId })).items).toEqual([]);
});

test("of many who present a token at once, one acceptance counts", async ({ scene }) => {
  const { organizationId, owner, person, token } = await invited(scene);
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => scene.caller(person).invitations.accept({ token })));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect((await scene.caller(owner).members.list({ organizationId })).items).toHaveLength(2);
});

test("accepting again with the same mutationId answers the same", async ({ scene }) => {
  const { person, token } = await invited(scene);
  const input = { token, mutationId: crypto.randomUUID() };
  const first = await scene.caller(person).invitations.accept(input);
  expect(await scene.caller(person).invitations.accept(input)).toEqual(first);
});

test("the token is kept nowhere", async ({ scene }) => {
  const { caller, organizationId, token } = await invited(scene);
  const mutationId = crypto.randomUUID();
  const other = await caller.invitations.create({
    organizationId,
    email: "other@example.test",
    role: "guest",
    mutationId,
  });
  const link = await caller.invitations.link({ invitationId: other.id });
  const rows = await scene.app.sql.query<{ text: string }>(
    `select i::text as text from organizations.invitations i union all select c::text from feed.changes c union all select m::text from feed.mutations m`,
  );
  for (const { text } of rows) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(link.token);
  }
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
});

test("a resent invitation has a new token and more time, and the old token is void", async ({ scene }) => {
  const { owner, organizationId, caller, person, invitation, token } = await invited(scene);
  await scene.app.sql.query("update organizations.invitations set expires_at = $2 where id = $1", [
    invitation.id,
    new Date(Date.now() - 1_000),
  ]);
  const late = scene.caller(person).invitations.accept({ token });
  await expect(late).rejects.toMatchObject(refusal("rule.broken"));

  const resent = await scene.expectLaw([[`organization-admins:${organizationId}`, owner]], () =>
    caller.invitations.resend({ invitationId: invitation.id }),
  );

  expect(resent.version).toBe(2);
  await expect(scene.caller(person).invitations.accept({ token })).rejects.toMatchObject(refusal("not-found"));
  const link = await caller.invitations.link({ invitationId: invitation.id });
  expect(await scene.caller(person).invitations.accept({ token: link.token })).toMatchObject({ role: "member" });
});

test("a withdrawn invitation is void", async ({ scene }) => {
  const { caller, owner, organizationId, person, invitation, token } = await invited(scene);
  await scene.expectLaw([[`organization-admins:${organizationId}`, owner]], () =>
    caller.invitations.withdraw({ invitationId: invitation.id }),
  );
  await expect(scene.caller(person).invitations.accept({ token })).rejects.toMatchObject(refusal("not-found"));
  const again = caller.invitations.withdraw({ invitationId: invitation.id });
  await expect(again).rejects.toMatchObject(refusal("not-found"));
});

test("a token is of no use to another account", async ({ scene }) => {
  const { token, person } = await invited(scene);
  const other = scene.caller(await scene.person());
  expect(await other.invitations.preview({ token })).toMatchObject({ forYou: false, email: person.email });
  await expect(other.invitations.accept({ token })).rejects.toMatchObject(refusal("access.denied"));
});

test("an address is invited once, and members not at all; accounts do not show", async ({ scene }) => {
  const { organizationId, caller, person, invitation } = await invited(scene);
  const invite = (email: string) => caller.invitations.create({ organizationId, email, role: "member" });
  await expect(invite(person.email.toUpperCase())).rejects.toMatchObject({
    cause: { code: "conflict", details: { invitationId: invitation.id } },
  });
  const [{ email } = { email: "" }] = (await caller.members.list({ organizationId })).items;
  await expect(invite(email)).rejects.toMatchObject(refusal("conflict"));
  const unknown = await invite("nobody@example.test");
  expect(Object.keys(unknown)).toEqual(Object.keys(invitation));
});

test.for([
  ["admin", "admin", null],
  ["member", "guest", "access.denied"],
  ["guest", "guest", "access.denied"],
  ["stranger", "guest", "not-found"],
] as const)("a %s who invites a %s gets %s", async ([who, role, code], { scene }) => {
  const { organization } = await scene.organization();
  const person = await scene.person();
  if (who !== "stranger") await scene.join(organization.id, person, who);
  const invitations = scene.caller(person).invitations;
  const call = invitations.create({ organizationId: organization.id, email: "a@example.test", role });
  if (code) await expect(call).rejects.toMatchObject(refusal(code));
  else expect(await call).toMatchObject({ role });
});

test.for(["member", "guest", "stranger"] as const)("to a %s an invitation does not exist", async (who, { scene }) => {
  const { invitation, organizationId } = await invited(scene);
  const person = await scene.person();
  if (who !== "stranger") await scene.join(organizationId, person, who);
  const { invitations } = scene.caller(person);
  const input = { invitationId: invitation.id };
  for (const procedure of ["link", "resend", "withdraw"] as const) {
    await expect(invitations[procedure](input)).rejects.toMatchObject(refusal("not-found"));
  }
});
