import { Redis } from "ioredis";
import { describe, expect, onTestFinished } from "vitest";
import type { App } from "../server/context.ts";
import type { Channel, StoredChange } from "../server/platform/feed.ts";
import { commit, connect, openSecondApp, type Probe, range, startNode, until } from "../server/testing/gateway.ts";
import { openNetwork } from "../server/testing/network.ts";
import { test } from "../server/testing/scene.ts";
import { describeWith } from "../server/testing/services.ts";
import { startGateway } from "./gateway.ts";

const never = 3_600_000;

/** All changes came, in order, in frames without a gap. */
async function hasAll(probe: Probe, channel: Channel, to: number): Promise<void> {
  await until(() => expect(probe.seqs(channel).at(-1)).toBe(to));
  expect(probe.seqs(channel)).toEqual(range(1, to));
  const frames = probe.frames.filter((frame) => frame.channel === channel);
  expect(frames.map(({ from }) => from)).toEqual([0, ...frames.slice(0, -1).map(({ to }) => to)]);
}

describe("two nodes without Redis", () => {
  test("a change made on one reaches the other with the next look at the heads", async ({ scene }) => {
    const node = await startNode(await openSecondApp(scene.app), { headsPollMs: 30 });
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const probe = await connect(node, owner);
    await probe.join(channel);
    await commit(scene.app, channel, { count: 30 });
    await hasAll(probe, channel, 30);
  });

  test("a removal on one closes the channel on the other, in its place", async ({ scene }) => {
    const node = await startNode(await openSecondApp(scene.app), { headsPollMs: 30, sweepMs: never });
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const member = await scene.personWith("editor", project);
    const [victim, witness] = await Promise.all([connect(node, member), connect(node, owner)]);
    await Promise.all([victim.join(channel), witness.join(channel)]);
    await commit(scene.app, channel, { count: 5 });
    await commit(scene.app, channel, { revokes: [member.userId] });
    await commit(scene.app, channel, { count: 5 });
    await hasAll(witness, channel, 11);
    expect(victim.seqs(channel)).toEqual(range(1, 5));
    expect(victim.closed).toEqual([{ channel, reason: "access.denied" }]);
  });

  test("an ended session ends on the other", async ({ scene }) => {
    const node = await startNode(await openSecondApp(scene.app), { headsPollMs: 30, sweepMs: never });
    const person = await scene.person();
    const probe = await connect(node, person);
    await scene.caller(person).auth.signOut({});
    await until(() => expect(probe.ended).toEqual(["auth.invalid"]));
  });

  test("a client that saw more in a snapshot than its node did is served all the same", async ({ scene }) => {
    const node = await startNode(await openSecondApp(scene.app), { headsPollMs: never });
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const [first, second] = await Promise.all([connect(node, owner), connect(node, owner)]);
    await first.join(channel);
    await commit(scene.app, channel, { count: 3 });
    expect(await second.join(channel, 3)).toMatchObject({ head: 3, changes: [] });
    await hasAll(first, channel, 3);
  });

  test("hints that are lost, doubled and in any order change nothing", async ({ scene }) => {
    const app = await openSecondApp(scene.app);
    const node = await startNode(app, { headsPollMs: 50, repairAfterMs: 1 });
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const probe = await connect(node, owner);
    await probe.join(channel);
    const changes: StoredChange[] = [];
    onTestFinished(scene.app.hub.subscribe((committed) => changes.push(...committed)));
    for (let round = 1; round <= 10; round += 1) {
      await commit(scene.app, channel, { count: 8 });
      const heard = changes.splice(0).filter(() => Math.random() < 0.6);
      for (const change of [...heard, ...heard].sort(() => Math.random() - 0.5)) app.hub.publish([change]);
    }
    await hasAll(probe, channel, 80);
  });

  test("what retention removed, or a restore took back, is answered with a snapshot", async ({ scene }) => {
    const node = await startNode(scene.app, { headsPollMs: 30 });
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    await commit(scene.app, channel, { count: 3 });
    const probe = await connect(node, owner);
    await probe.join(channel);
    await scene.app.sql.query("update feed.heads set seq = 50, floor = 50 where channel = $1", [channel]);
    await until(() => expect(probe.closed).toEqual([{ channel, reason: "resync" }]));

    expect(await probe.join(channel, 50)).toMatchObject({ head: 50, changes: [] });
    await scene.app.sql.query("update feed.heads set seq = 20, floor = 0 where channel = $1", [channel]);
    await until(() => expect(probe.closed).toHaveLength(2));
    expect(await probe.join(channel)).toMatchObject({ head: 20 });
    expect(probe.frames).toEqual([]);
  });
});

describeWith("redis", "two nodes", (redisUrl) => {
  const listeners = async (app: App): Promise<number> => {
    const redis = new Redis(redisUrl);
    const [, count] = (await redis.pubsub("NUMSUB", `taskwire:${app.epoch}-request#/#`)) as [string, number];
    redis.disconnect();
    return Number(count);
  };
  const connected = (app: App, count: number) => until(async () => expect(await listeners(app)).toBe(count));

  test("hints alone carry changes from node to node, also big ones", async ({ scene }) => {
    const apps = await Promise.all([openSecondApp(scene.app, redisUrl), openSecondApp(scene.app, redisUrl)]);
    const [one, other] = await Promise.all(apps.map((app) => startNode(app, { headsPollMs: never, sweepMs: never })));
    await connected(scene.app, 2);
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const probes = await Promise.all([connect(one!, owner), connect(other!, owner)]);
    await Promise.all(probes.map((probe) => probe.join(channel)));
    await commit(one!.app, channel, { count: 10 });
    await commit(other!.app, channel, { count: 2, text: "x".repeat(50_000) });
    await Promise.all([commit(one!.app, channel, { count: 20 }), commit(other!.app, channel, { count: 20 })]);
    for (const probe of probes) await hasAll(probe, channel, 52);
  });

  test("a process without sockets tells those that have some", async ({ scene }) => {
    const apps = await Promise.all([openSecondApp(scene.app, redisUrl), openSecondApp(scene.app, redisUrl)]);
    const writer = await startGateway({
      app: apps[0]!,
      httpServer: null,
      authenticate: () => Promise.reject(new Error("nobody asks")),
    });
    onTestFinished(() => writer.close());
    const node = await startNode(apps[1]!, { headsPollMs: never, sweepMs: never });
    await connected(scene.app, 1);
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const probe = await connect(node, owner);
    await probe.join(channel);
    await until(async () => {
      await commit(apps[0]!, channel); // the writer may still be connecting
      expect(probe.frames).not.toEqual([]);
    });
  });

  test("without Redis at the start, and when it goes, changes come late; when it is back, at once", async ({
    scene,
  }) => {
    const network = await openNetwork(() => Number(new URL(redisUrl).port));
    onTestFinished(() => network.close());
    network.unplug();
    const url = Object.assign(new URL(redisUrl), { hostname: "127.0.0.1", port: `${network.port}` }).href;
    const apps = await Promise.all([openSecondApp(scene.app, url), openSecondApp(scene.app, url)]);
    const [one, other] = await Promise.all(apps.map((app) => startNode(app, { headsPollMs: 30 })));
    const { project, owner } = await scene.project();
    const channel: Channel = `project:${project.id}`;
    const probe = await connect(other!, owner);
    await probe.join(channel);

    await commit(one!.app, channel, { count: 5 });
    await hasAll(probe, channel, 5);
    network.restore();
    await connected(scene.app, 2);
    await commit(one!.app, channel, { count: 5 });
    await hasAll(probe, channel, 10);
    network.unplug();
    await commit(one!.app, channel, { count: 5 });
    await hasAll(probe, channel, 15);
    network.restore();
    await connected(scene.app, 2);
    await commit(one!.app, channel, { count: 5 });
    await hasAll(probe, channel, 20);
  });

  test("presence and typing cross nodes, and a node that closes takes its people along", async ({ scene }) => {
    const apps = await Promise.all([openSecondApp(scene.app, redisUrl), openSecondApp(scene.app, redisUrl)]);
    const options = { presenceMs: 20 };
    const [one, other] = await Promise.all(apps.map((app) => startNode(app, options)));
    await connected(scene.app, 2);
    const { project, owner } = await scene.project();
    const member = await scene.personWith("viewer", project);
    const channel: Channel = `project:${project.id}`;
    const near = await connect(one!, owner);
    await near.join(channel);
    await near.ask("presence:set", { channel, state: { viewing: "board" } });
    const far = await connect(other!, member);
    await far.join(channel);
    const shown = { userId: owner.userId, state: { viewing: "board" } };
    await until(() => expect(far.presence.at(-1)).toEqual({ channel, members: [shown], total: 1 }));

    await near.ask("typing:set", { channel });
    await until(() => expect(far.typing).toMatchObject([{ channel, userId: owner.userId, typing: true }]));
    await far.ask("presence:set", { channel, state: {} });
    await until(() => expect(near.presence.at(-1)?.total).toBe(2));
    await one!.gateway.close();
    await until(() => expect(far.presence.at(-1)?.members).toEqual([{ userId: member.userId, state: {} }]));
  });
});
