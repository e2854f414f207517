import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Channel } from "../server/platform/feed.ts";
import { commit, connect, range, startNode, until } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";

const options = { presenceMs: 30, typingExpiresMs: 300 };

test("a channel shows who shows themselves, also to who comes later, until they leave", async ({ scene }) => {
  const node = await startNode(scene.app, options);
  const { project, owner } = await scene.project();
  const member = await scene.personWith("viewer", project);
  const channel: Channel = `project:${project.id}`;
  const [one, again, other] = await Promise.all([owner, owner, member].map((actor) => connect(node, actor)));
  await Promise.all([one!.join(channel), again!.join(channel)]);

  await one!.ask("presence:set", { channel, state: { viewing: "a" } });
  await again!.ask("presence:set", { channel, state: { viewing: "b" } });
  const shown = { userId: owner.userId, state: { viewing: "b" } };
  await until(() => expect(one!.presence.at(-1)).toEqual({ channel, members: [shown], total: 1 }));
  await other!.join(channel);
  await until(() => expect(other!.presence.at(-1)?.members).toEqual([shown]));
  await other!.ask("presence:set", { channel, state: {} });
  await until(() => expect(one!.presence.at(-1)?.total).toBe(2));

  again!.socket.disconnect();
  await until(() =>
    expect(other!.presence.at(-1)?.members).toContainEqual({ userId: owner.userId, state: { viewing: "a" } }),
  );
  await one!.ask("presence:set", { channel, state: null });
  await until(() => expect(other!.presence.at(-1)?.members.map(({ userId }) => userId)).toEqual([member.userId]));
  await other!.ask("channel:leave", { channel });
  await until(() => expect(one!.presence.at(-1)).toEqual({ channel, members: [], total: 0 }));
});

test("who is shut out is not shown any more", async ({ scene }) => {
  const node = await startNode(scene.app, options);
  const { project, owner } = await scene.project();
  const member = await scene.personWith("viewer", project);
  const channel: Channel = `project:${project.id}`;
  const [mine, theirs] = await Promise.all([connect(node, owner), connect(node, member)]);
  await Promise.all([mine.join(channel), theirs.join(channel)]);
  await theirs.ask("presence:set", { channel, state: {} });
  await until(() => expect(mine.presence.at(-1)?.total).toBe(1));
  await commit(scene.app, channel, { revokes: [member.userId] });
  await until(() => expect(mine.presence.at(-1)?.total).toBe(0));
  expect(await theirs.ask("presence:set", { channel, state: {} })).toMatchObject({ ok: false, error: "rule.broken" });
});

test("many changes of presence become few frames", async ({ scene }) => {
  const node = await startNode(scene.app, { ...options, presenceMs: 200, requestsPerSecond: 1_000 });
  const { project, owner } = await scene.project();
  const channel: Channel = `project:${project.id}`;
  const probe = await connect(node, owner);
  await probe.join(channel);
  await Promise.all(range(1, 100).map((nth) => probe.ask("presence:set", { channel, state: { nth } })));
  await until(() => expect(probe.presence.at(-1)?.members[0]?.state).toEqual({ nth: 100 }));
  expect(probe.presence.length).toBeLessThan(5);
});

test("typing is told to the others in the channel, once in a while, and nowhere else", async ({ scene }) => {
  const node = await startNode(scene.app, options);
  const { project, owner } = await scene.project();
  const member = await scene.personWith("viewer", project);
  const channel: Channel = `project:${project.id}`;
  const [writer, reader, outsider] = await Promise.all([owner, member, member].map((actor) => connect(node, actor)));
  await Promise.all([writer!.join(channel), reader!.join(channel)]);
  const about = randomUUID();

  for (const _ of range(1, 5)) await writer!.ask("typing:set", { channel, about });
  await writer!.ask("typing:set", { channel, about, typing: false });
  const frame = { channel, userId: owner.userId, about, expiresInMs: 300 };
  await until(() =>
    expect(reader!.typing).toEqual([
      { ...frame, typing: true },
      { ...frame, typing: false },
    ]),
  );
  await until(async () => {
    await writer!.ask("typing:set", { channel, about });
    expect(reader!.typing).toHaveLength(3);
  });
  expect([...writer!.typing, ...outsider!.typing]).toEqual([]);
  expect(await outsider!.ask("typing:set", { channel })).toMatchObject({ ok: false, error: "rule.broken" });
});
