import { expect } from "vitest";
import type { Channel } from "../server/platform/feed.ts";
import { commit, connect, type Probe, range, startNode, until } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";
import { laggingCount } from "./metrics.ts";

const options = { maxUnsentBytes: 128 * 1024, headsPollMs: 3_600_000 };

/** A client that stops and goes on reading its TCP connection. */
function reading(probe: Probe): { stop(): void; goOn(): void } {
  const { ws } = probe.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } };
  return { stop: () => ws.pause(), goOn: () => ws.resume() };
}

const lagging = async () => (await laggingCount.get()).values[0]?.value;

/** Fills the buffers of both systems' TCP and then the gateway's: several megabytes. */
async function fill(commitSome: () => Promise<void>): Promise<void> {
  await until(async () => {
    await commitSome();
    expect(await lagging()).toBe(1);
  });
}

test("a socket that does not read gets nothing more, disturbs nobody, and goes on from its own cursor", async ({
  scene,
}) => {
  const node = await startNode(scene.app, options);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const own: Channel = `user:${owner.userId}`;
  const [slow, fast] = await Promise.all([connect(node, owner), connect(node, owner)]);
  for (const probe of [slow, fast]) for (const name of [channel, own]) await probe.join(name);

  const { stop, goOn } = reading(slow);
  stop();
  await fill(() => commit(scene.app, channel, { count: 10, text: "x".repeat(50_000) }));
  await commit(scene.app, channel, { count: 20, text: "y".repeat(100_000) });
  await commit(scene.app, own, { count: 5 });

  const head = await scene.head(channel);
  await until(() => expect(fast.seqs(channel)).toEqual(range(1, head)));
  goOn();
  await until(() => expect(slow.seqs(channel).at(-1)).toBe(head));
  expect(slow.seqs(channel)).toEqual(range(1, head));
  await until(() => expect(slow.seqs(own)).toEqual(range(1, 5)));
  await commit(scene.app, channel, { count: 3 });
  await until(() => expect(slow.seqs(channel)).toEqual(range(1, head + 3)));
  const frames = slow.frames.filter((frame) => frame.channel === channel);
  expect(frames.map(({ from }) => from)).toEqual([0, ...frames.slice(0, -1).map(({ to }) => to)]);
  expect(await lagging()).toBe(0);
});

test("who is too far behind is told to take a snapshot; who lost access meanwhile is told that", async ({ scene }) => {
  const node = await startNode(scene.app, options);
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const slow = await connect(node, owner);
  await slow.join(channel);
  const { stop, goOn } = reading(slow);
  stop();
  await fill(() => commit(scene.app, channel, { count: 10, text: "x".repeat(50_000) }));
  await commit(scene.app, channel, { count: 3, each: 400 });
  goOn();
  await until(() => expect(slow.closed).toEqual([{ channel, reason: "resync" }]));

  const head = await scene.head(channel);
  await slow.join(channel);
  stop();
  await fill(() => commit(scene.app, channel, { count: 10, text: "x".repeat(50_000) }));
  const reached = await scene.head(channel);
  await commit(scene.app, channel, { revokes: [owner.userId] });
  await commit(scene.app, channel, { count: 3 });
  goOn();
  await until(() => expect(slow.closed.at(-1)).toEqual({ channel, reason: "access.denied" }));
  const got = slow.seqs(channel).filter((seq) => seq > head);
  expect(got).toEqual(range(head + 1, head + got.length));
  expect(got.at(-1)).toBeLessThanOrEqual(reached);
});

test("who never reads again is cut off", async ({ scene }) => {
  const node = await startNode(scene.app, { ...options, maxLagMs: 50, sweepMs: 20 });
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const [slow, fast] = await Promise.all([connect(node, owner), connect(node, owner)]);
  await Promise.all([slow.join(channel), fast.join(channel)]);
  const { stop, goOn } = reading(slow);
  stop();
  await fill(() => commit(scene.app, channel, { count: 10, text: "x".repeat(50_000) }));
  await until(async () => expect(await lagging()).toBe(0));
  goOn();
  await until(() => expect(slow.socket.connected).toBe(false));
  expect(fast.socket.connected).toBe(true);
});
