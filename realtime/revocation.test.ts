import { expect } from "vitest";
import type { Channel } from "../server/platform/feed.ts";
import { commit, connect, Probe, range, startNode, tokenFor, until } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";

/** Nothing is found by looking again: what these tests see, changes told. */
const noSweep = { sweepMs: 3_600_000, headsPollMs: 3_600_000 };

test("who is removed while changes flow gets all before the removal and nothing from it on", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const removed = await scene.personWith("editor", project);
  const [victims, witness] = await Promise.all([
    Promise.all(range(1, 5).map(() => connect(node, removed))),
    connect(node, owner),
  ]);
  await Promise.all([...victims, witness].map((probe) => probe.join(channel)));

  // Together, so that the removal travels in the middle of a frame.
  await Promise.all([
    commit(scene.app, channel, { count: 20 }),
    commit(scene.app, channel, { count: 1, revokes: [removed.userId] }),
    commit(scene.app, channel, { count: 20 }),
  ]);

  await until(() => expect(witness.seqs(channel)).toEqual(range(1, 41)));
  const [removal] = await scene.app.sql.query<{ seq: number }>(
    "select seq from feed.changes where channel = $1 and revokes is not null",
    [channel],
  );
  for (const victim of victims) {
    await until(() => expect(victim.closed).toEqual([{ channel, reason: "access.denied" }]));
    expect(victim.seqs(channel)).toEqual(range(1, removal!.seq - 1));
    expect(victim.log.at(-1)).toBe("channel:closed");
    expect(victim.socket.connected).toBe(true);
  }
});

test("who is removed cannot join again, and joins that are under way do not slip through", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const witness = await connect(node, owner);
  await witness.join(channel);
  for (let round = 0; round < 10; round += 1) {
    const member = await scene.personWith("viewer", project);
    const probes = await Promise.all(range(1, 4).map(() => connect(node, member)));
    const [row] = await scene.app.sql.query<{ id: string }>(
      "select id from projects.project_members where user_id = $1",
      [member.userId],
    );

    const joins = probes.map((probe) => probe.ask("channel:join", { channel }));
    await scene.caller(owner).projectMembers.remove({ projectMemberId: row!.id });
    await Promise.all(joins);
    await commit(scene.app, channel, { text: "secret" });

    const head = await scene.head(channel);
    await until(() => expect(witness.seqs(channel).at(-1)).toBe(head));
    await Promise.all(probes.map((probe) => probe.ask("channel:leave", { channel }))); // all before it has arrived
    for (const probe of probes) {
      const texts = probe.changes(channel).map(({ patch }) => patch["name"]);
      expect(texts).not.toContain("0 secret");
      expect(await probe.ask("channel:join", { channel })).toMatchObject({ ok: false, error: "not-found" });
    }
  }
});

test("leaving an organization closes all its channels, also where no change there names the person", async ({
  scene,
}) => {
  const node = await startNode(scene.app, noSweep);
  const { project, organization, owner } = await scene.project();
  await scene.caller(owner).projects.update({ projectId: project.id, visibility: "organization" });
  const member = await scene.join(organization.id, await scene.person(), "member");
  const probe = await connect(node, member);
  const channels: Channel[] = [`organization:${organization.id}`, `project:${project.id}`];
  for (const channel of [...channels, `user:${member.userId}` as const]) await probe.join(channel);

  await scene.caller(member).organizations.leave({ organizationId: organization.id });

  await until(() => expect(probe.closed.map(({ channel }) => channel).sort()).toEqual(channels.sort()));
  await commit(scene.app, `user:${member.userId}`);
  await until(() => expect(probe.changes(`user:${member.userId}`).at(-1)?.type).toBe("label.updated"));
});

test("becoming a guest closes what guests do not see", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { organization, owner } = await scene.organization();
  const member = await scene.join(organization.id, await scene.person(), "admin");
  const probe = await connect(node, member);
  const channels: Channel[] = [`organization-admins:${organization.id}`, `organization:${organization.id}`];
  for (const channel of channels) await probe.join(channel);
  const become = (role: "member" | "guest") =>
    scene.caller(owner).members.updateRole({ organizationId: organization.id, userId: member.userId, role });

  await become("member");
  await until(() => expect(probe.closed.map(({ channel }) => channel)).toEqual([channels[0]]));
  await become("guest");
  await until(() => expect(probe.closed.map(({ channel }) => channel)).toEqual(channels));
});

test("a project that becomes private closes for who was there as a member of the organization", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { project, organization, owner } = await scene.project();
  await scene.caller(owner).projects.update({ projectId: project.id, visibility: "organization" });
  const member = await scene.join(organization.id, await scene.person(), "member");
  const channel: Channel = `project:${project.id}`;
  const [probe, witness] = await Promise.all([connect(node, member), connect(node, owner)]);
  await Promise.all([probe.join(channel), witness.join(channel)]);

  await scene.caller(owner).projects.update({ projectId: project.id, visibility: "private" });

  await until(() => expect(probe.closed).toEqual([{ channel, reason: "access.denied" }]));
  await until(() => expect(witness.changes(channel)).toHaveLength(1));
  expect(probe.frames).toEqual([]);
});

test("signing out ends the sockets of that session, and no others", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const [person, other] = await Promise.all([scene.person(), scene.person()]);
  const [mine, theirs] = await Promise.all([connect(node, person), connect(node, other)]);
  await scene.caller(person).auth.signOut({});
  await until(() => expect(mine.ended).toEqual(["auth.invalid"]));
  await until(() => expect(mine.socket.connected).toBe(false));
  expect(theirs.socket.connected).toBe(true);
});

test("a sweep finds what no change told: ended sessions, disabled accounts, lost memberships", async ({ scene }) => {
  const node = await startNode(scene.app, { sweepMs: 30, headsPollMs: 3_600_000, sweepReadings: 1 });
  const { project, organization } = await scene.project();
  const { sql } = scene.app;
  const people = await Promise.all(range(1, 3).map(() => scene.personWith("editor", project)));
  const [ended, disabled, removed] = await Promise.all(people.map((person) => connect(node, person)));
  const channel: Channel = `project:${project.id}`;
  for (const probe of [ended!, disabled!, removed!]) await probe.join(channel);

  await sql.query("delete from auth.sessions where id = $1", [people[0]!.sessionId]);
  await sql.query("update auth.users set disabled_at = now() where id = $1", [people[1]!.userId]);
  await sql.query("delete from organizations.members where organization_id = $1 and user_id = $2", [
    organization.id,
    people[2]!.userId,
  ]);

  await until(() => {
    expect(ended!.ended).toEqual(["auth.invalid"]);
    expect(disabled!.ended).toEqual(["auth.invalid"]);
    expect(removed!.closed).toEqual([{ channel, reason: "access.denied" }]);
  });
  expect(removed!.socket.connected).toBe(true);
});

test("a socket lives as long as its token, and longer with a fresh one of the same person", async ({ scene }) => {
  const node = await startNode(scene.app);
  const [person, other] = await Promise.all([scene.person(), scene.person()]);
  const nearlyOver = new Date(Date.now() - scene.app.config.ACCESS_TOKEN_SECONDS * 1_000 + 2_000);
  const old = await tokenFor(scene.app, person, nearlyOver);
  const [lapses, renews] = await Promise.all(range(1, 2).map(() => new Probe(node.url, { token: old }).connected()));

  const foreign = await tokenFor(scene.app, other);
  expect(await renews!.ask("auth:renew", { token: foreign })).toMatchObject({ ok: false, error: "auth.invalid" });
  const fresh = await tokenFor(scene.app, person);
  expect(await renews!.ask("auth:renew", { token: fresh })).toMatchObject({ ok: true, expiresAt: expect.any(String) });

  await until(() => expect(lapses!.ended).toEqual(["auth.expired"]));
  await until(() => expect(lapses!.socket.connected).toBe(false));
  expect(renews!.socket.connected).toBe(true);
  expect(renews!.ended).toEqual([]);
});
