import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Channel } from "../server/platform/feed.ts";
import { commit, connect, Probe, range, startNode, tokenFor, until } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";
import { inputs } from "./inputs.ts";

test("a handshake needs a token that holds, and is told why it does not", async ({ scene }) => {
  const node = await startNode(scene.app);
  const person = await scene.person();
  const old = new Date(Date.now() - 3_600_000);
  const refused = (auth: object) => expect(new Probe(node.url, auth).connected()).rejects;

  await refused({}).toMatchObject({ error: "auth.required", details: {} });
  await refused({ token: "" }).toMatchObject({ error: "auth.required" });
  await refused({ token: "forged" }).toMatchObject({ error: "auth.invalid" });
  await refused({ token: ["a"] }).toMatchObject({ error: "auth.invalid" });
  await refused({ token: await tokenFor(scene.app, person, old) }).toMatchObject({ error: "auth.expired" });
  await refused({ token: await tokenFor(scene.app, { ...person, sessionId: randomUUID() }) }).toMatchObject({
    error: "auth.invalid",
  });
  expect((await connect(node, person)).socket.connected).toBe(true);
});

test.for([
  ["https://evil.example", false],
  ["null", false],
  ["http://localhost:5173", true],
  ["http://localhost:4000", true],
] as const)("a page of %s opens a socket: %s", async ([origin, allowed], { scene }) => {
  const node = await startNode(scene.app);
  const token = await tokenFor(scene.app, await scene.person());
  const opened = new Probe(node.url, { token }, { origin }).connected().then(
    () => true,
    () => false,
  );
  expect(await opened).toBe(allowed);
});

test("a join gives the changes after the cursor and then every later one, once and in order", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  await commit(scene.app, channel, { count: 5 });
  const [early, late, whole] = await Promise.all([owner, owner, owner].map((actor) => connect(node, actor)));

  expect(await early!.join(channel, 3)).toMatchObject({
    ok: true,
    epoch: scene.app.epoch,
    head: 5,
    changes: [{ seq: 4, type: "label.updated", channel }, { seq: 5 }],
  });
  expect(await late!.join(channel)).toMatchObject({ head: 5, changes: [] });
  expect(await whole!.join(channel, 0)).toMatchObject({ head: 5, changes: range(1, 5).map((seq) => ({ seq })) });
  await commit(scene.app, channel, { count: 10 });

  for (const probe of [early!, late!, whole!]) {
    await until(() => expect(probe.seqs(channel)).toEqual(range(6, 15)));
    for (const [at, frame] of probe.frames.entries()) {
      expect(frame.from).toBe(at === 0 ? 5 : probe.frames[at - 1]!.to);
      expect(frame.to).toBe(frame.changes.at(-1)!.seq);
    }
    expect(probe.changes(channel)[0]).not.toHaveProperty("revokes");
  }
});

test("joins, leaves and changes at the same time leave nobody with a gap or a double", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const probes = await Promise.all(range(1, 20).map(() => connect(node, owner)));

  const writing = commit(scene.app, channel, { count: 150 });
  const joined = await Promise.all(
    probes.map(async (probe, at) => {
      await until(async () => expect(await scene.head(channel)).toBeGreaterThan(at * 5));
      return probe.join(channel, 0);
    }),
  );
  await writing;

  for (const [at, probe] of probes.entries()) {
    const first = joined[at]!.changes!.map(({ seq }) => seq);
    await until(() => expect([...first, ...probe.seqs(channel)]).toEqual(range(1, 150)));
  }
});

test("a cursor of another life, beyond the head, or too far behind is told to take a snapshot", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  await commit(scene.app, channel, { count: 3 });
  const probe = await connect(node, owner);
  const { epoch } = scene.app;

  const resync = { ok: true, epoch, head: 3, resync: true };
  expect(await probe.ask("channel:join", { channel, since: 2, epoch: randomUUID() })).toEqual(resync);
  expect(await probe.ask("channel:join", { channel, since: 4, epoch })).toEqual(resync);
  expect(await probe.ask("channel:pull", { channel, since: 4 })).toEqual(resync);
  expect(await probe.ask("channel:pull", { channel, since: 2, epoch })).toMatchObject({ changes: [{ seq: 3 }] });

  await scene.app.sql.query("update feed.heads set floor = 2 where channel = $1", [channel]);
  const other = await startNode(scene.app);
  const second = await connect(other, owner);
  expect(await second.ask("channel:join", { channel, since: 1 })).toEqual(resync);
  expect(await second.ask("channel:join", { channel, since: 2 })).toMatchObject({ changes: [{ seq: 3 }] });
});

test("who is more than a pull behind, or than an answer may weigh, is told so too", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  await commit(scene.app, channel, { count: 2, each: 501 });
  const probe = await connect(node, owner);
  expect(await probe.join(channel, 1)).toMatchObject({ head: 1_002, resync: true });
  const { changes } = await probe.join(channel, 2);
  expect(changes?.map(({ seq }) => seq)).toEqual(range(3, 1_002));

  await commit(scene.app, channel, { count: 50, text: "x".repeat(100_000) });
  await until(() => expect(probe.seqs(channel)).toEqual(range(1_003, 1_052)));
  expect(await probe.ask("channel:pull", { channel, since: 1_002 })).toMatchObject({ ok: true, resync: true });
  expect(await probe.ask("channel:pull", { channel, since: 1_050 })).toMatchObject({ changes: [{}, {}] });
});

test("nobody enters a channel that is not theirs, whatever they call it", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, organization, owner } = await scene.project();
  const stranger = await connect(node, await scene.person());
  const names = [
    `project:${project.id}`,
    `organization:${organization.id}`,
    `organization-admins:${organization.id}`,
    `user:${owner.userId}`,
    `project:${project.id}:x`,
    `PROJECT:${project.id}`,
    `project:${project.id.toUpperCase()}`,
    "project:",
    "",
    stranger.socket.id as string,
    "__proto__",
  ];
  for (const channel of names) {
    for (const name of ["channel:join", "channel:pull"] as const) {
      const answer = await stranger.ask(name, { channel, since: 0 });
      expect(answer, `${name} ${channel}`).toMatchObject({ ok: false, error: "not-found" });
    }
    expect(await stranger.ask("presence:set", { channel, state: {} })).toMatchObject({ ok: false });
    expect(await stranger.ask("typing:set", { channel })).toMatchObject({ ok: false });
  }
  const insider = await connect(node, owner);
  await insider.join(`project:${project.id}`);
  await commit(scene.app, `project:${project.id}`);
  await until(() => expect(insider.frames).toHaveLength(1));
  expect(stranger.log).toEqual([]);
});

test("a state that is nested too deeply to be written again is refused", () => {
  const abyss: unknown = JSON.parse(`${"[".repeat(30_000)}${"]".repeat(30_000)}`);
  expect(inputs["presence:set"].safeParse({ channel: "project:x", state: { abyss } }).success).toBe(false);
});

test("garbage is refused by name, and nothing breaks", async ({ scene }) => {
  const node = await startNode(scene.app, { requestsPerSecond: 1_000 });
  const probe = await connect(node, await scene.person());
  const socket = probe.socket.timeout(5_000) as unknown as { emitWithAck(...args: unknown[]): Promise<unknown> };
  const refused = async (code: string, ...args: unknown[]) =>
    expect(await socket.emitWithAck(...args), JSON.stringify(args)).toMatchObject({ ok: false, error: code });

  await refused("validation.failed", "channel:join");
  await refused("validation.failed", "channel:join", null);
  await refused("validation.failed", "channel:join", "project:x");
  await refused("validation.failed", "channel:join", { channel: 1 });
  await refused("validation.failed", "channel:join", { channel: "project:x", extra: 1 });
  await refused("validation.failed", "channel:join", { channel: "project:x", since: -1 });
  await refused("validation.failed", "channel:join", { channel: "project:x", since: 1e300 });
  await refused("validation.failed", "channel:join", { channel: "project:x" }, { channel: "project:x" });
  await refused("validation.failed", "presence:set", { channel: "project:x", state: { text: "x".repeat(1_024) } });
  await refused("validation.failed", "auth:renew", { token: {} });
  await refused("auth.invalid", "auth:renew", { token: "forged" });
  for (const name of ["nothing", "toString", "__proto__", "constructor", 7]) await refused("not-found", name, {});
  const bare = probe.socket as unknown as { emit(...args: unknown[]): void };
  for (const name of ["error", "channel:join", "channel:leave", "nothing"]) bare.emit(name, { channel: [] });
  bare.emit("channel:join", Buffer.from("binary"));

  expect(await probe.ask("channel:leave", { channel: `user:${randomUUID()}` })).toEqual({ ok: true });
});

test("a socket that asks too much is refused, and cut off when it goes on", async ({ scene }) => {
  const node = await startNode(scene.app, { requestsPerSecond: 5, requestBurst: 5, maxRefusalsPerSecond: 20 });
  const probe = await connect(node, await scene.person());
  const ask = () => probe.ask("channel:leave", { channel: `user:${randomUUID()}` });

  const answers = await Promise.all(range(1, 15).map(ask));
  expect(answers.filter((answer) => !answer.ok).map((answer) => !answer.ok && answer.error)).toContain("rate-limited");
  const more = range(1, 60).map(() => ask().catch(() => null));
  await until(() => expect(probe.socket.connected).toBe(false));
  await Promise.all(more);
});

test("a socket joins so many channels and no more", async ({ scene }) => {
  const node = await startNode(scene.app, { maxChannels: 2 });
  const { project, organization, owner } = await scene.project();
  const probe = await connect(node, owner);
  const answers = await Promise.all([
    probe.ask("channel:join", { channel: `project:${project.id}` }),
    probe.ask("channel:join", { channel: `user:${owner.userId}` }),
    probe.ask("channel:join", { channel: `organization:${organization.id}` }),
  ]);
  expect(answers.map((answer) => answer.ok)).toEqual([true, true, false]);
  await probe.ask("channel:leave", { channel: `user:${owner.userId}` });
  expect(await probe.ask("channel:join", { channel: `organization:${organization.id}` })).toMatchObject({ ok: true });
});

test("who left a channel hears no more of it", async ({ scene }) => {
  const node = await startNode(scene.app);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const [stays, leaves] = await Promise.all([connect(node, owner), connect(node, owner)]);
  await Promise.all([stays.join(channel), leaves.join(channel)]);
  await leaves.ask("channel:leave", { channel });
  await commit(scene.app, channel);
  await until(() => expect(stays.seqs(channel)).toEqual([1]));
  await leaves.ask("channel:leave", { channel });
  expect(leaves.frames).toEqual([]);
});

test("each socket is told the heads of its channels from time to time", async ({ scene }) => {
  const node = await startNode(scene.app, { headsToClientMs: 50 });
  const { project, owner } = await scene.project();
  await commit(scene.app, `project:${project.id}`, { count: 2 });
  const probe = await connect(node, owner);
  await probe.join(`project:${project.id}`);
  await until(() => expect(probe.heads.at(-1)).toEqual({ [`project:${project.id}`]: 2 }));
});

test("a server that goes away says when to come back, and lets nobody in", async ({ scene }) => {
  const node = await startNode(scene.app);
  const person = await scene.person();
  const probe = await connect(node, person);
  const told = new Promise<number>((done) =>
    probe.socket.on("server:draining", ({ reconnectAfterMs }) => done(reconnectAfterMs)),
  );
  const drained = node.gateway.drain(5_000);
  expect(await told).toBeLessThanOrEqual(5_000);
  await expect(connect(node, person)).rejects.toBeDefined();
  probe.socket.disconnect();
  await drained;
});
