import { expect, vi } from "vitest";
import type { Actor } from "../server/context.ts";
import type { Channel } from "../server/platform/feed.ts";
import { discussion, insiderWith } from "../server/testing/discussion.ts";
import { connect, type Node, startNode } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";

/** Nothing is found by looking again: what these tests see, changes told. */
const noSweep = { sweepMs: 3_600_000, headsPollMs: 3_600_000 };

async function following(node: Node, actor: Actor, channels: readonly Channel[]) {
  const probe = await connect(node, actor);
  for (const channel of channels) await probe.join(channel);
  return probe;
}

test("comments arrive where their task is open, internal ones not at guests", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { owner, project, task, caller } = await discussion(scene);
  const [open, internal] = [`task:${task.id}`, `task-internal:${task.id}`] as const;
  const insider = await following(node, await insiderWith(scene, { owner, project }, "viewer"), [open, internal]);
  const guest = await following(node, await scene.personWith("manager", project), [open]);
  expect(await guest.ask("channel:join", { channel: internal })).toMatchObject({ ok: false, error: "not-found" });

  const secret = await caller.comments.create({ taskId: task.id, body: "Among ourselves", internal: true });
  const remark = await caller.comments.create({ taskId: task.id, body: "To all" });

  await vi.waitFor(() => expect(guest.changes(open)).toMatchObject([{ entityId: remark.id }]));
  await vi.waitFor(() => expect(insider.changes(open)).toMatchObject([{ entityId: remark.id }]));
  await vi.waitFor(() => expect(insider.changes(internal)).toMatchObject([{ entityId: secret.id }]));
  expect(JSON.stringify(guest.frames)).not.toContain(secret.id);
});

test("who is typing a reply is seen by those who have the task open", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { owner, project, task, comment } = await discussion(scene);
  const channel = `task:${task.id}` as const;
  const ann = await scene.personWith("commenter", project);
  const [reader, writer] = [await following(node, owner, [channel]), await following(node, ann, [channel])];
  await writer.ask("typing:set", { channel, about: comment.id });
  await vi.waitFor(() =>
    expect(reader.typing).toMatchObject([{ channel, userId: ann.userId, about: comment.id, typing: true }]),
  );
});

test("a new guest leaves the internal channels at once, and hears the others on", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { owner, project, organization, task, caller } = await discussion(scene);
  const [open, internal] = [`task:${task.id}`, `task-internal:${task.id}`] as const;
  const ann = await insiderWith(scene, { owner, project }, "viewer");
  const probe = await following(node, ann, [`user:${ann.userId}`, open, internal]);
  await caller.members.updateRole({ organizationId: organization.id, userId: ann.userId, role: "guest" });
  await vi.waitFor(() => expect(probe.closed).toEqual([{ channel: internal, reason: "access.denied" }]));
  const remark = await caller.comments.create({ taskId: task.id, body: "To all" });
  await vi.waitFor(() => expect(probe.changes(open)).toMatchObject([{ entityId: remark.id }]));
});

test("the channels of a task close when it goes into the trash", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { owner, project, task, caller } = await discussion(scene);
  const channels = [`task:${task.id}`, `task-internal:${task.id}`] as const;
  const probe = await following(node, owner, [`project:${project.id}`, ...channels]);
  await caller.tasks.delete({ taskId: task.id });
  await vi.waitFor(() => expect(probe.closed.map(({ channel }) => channel).toSorted()).toEqual(channels.toSorted()));
  expect(await probe.ask("channel:join", { channel: channels[0] })).toMatchObject({ ok: false, error: "not-found" });
});
