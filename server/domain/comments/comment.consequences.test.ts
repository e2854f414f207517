import { expect } from "vitest";
import { discussion, insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";

/** Somebody who was named, has read, and holds both in their own channel. */
async function reader(scene: Scene) {
  const board = await discussion(scene);
  const ann = await insiderWith(scene, board, "commenter");
  const { caller, task } = board;
  const named = await caller.comments.create({ taskId: task.id, body: `@[a](user:${ann.userId})` });
  const asAnn = scene.caller(ann);
  const own = await asAnn.comments.create({ taskId: task.id, body: "Here", threadId: named.id });
  await asAnn.comments.react({ commentId: named.id, emoji: "👋" });
  await asAnn.comments.markRead({ taskId: task.id, commentId: own.id });
  const held = async () => {
    const copy = (await scene.snapshot(ann, `user:${ann.userId}`)).toJSON() as { entities: Record<string, object> };
    return Object.keys(copy.entities).filter((entity) => entity === "mention" || entity === "readPosition");
  };
  expect(await held()).toEqual(["mention", "readPosition"]);
  return { ...board, ann, named, own, held };
}

test("who leaves the organization holds nothing; what they said stays", async ({ scene }) => {
  const { owner, organization, caller, task, ann, named, own, held } = await reader(scene);
  const channels = [
    [`task:${task.id}`, owner],
    [`user:${ann.userId}`, ann],
  ] as const;
  const reacted = await caller.comments.get({ commentId: named.id });
  await scene.expectLaw(channels, () => caller.members.remove({ organizationId: organization.id, userId: ann.userId }));
  expect(await held()).toEqual([]);
  expect(await caller.comments.get({ commentId: own.id })).toEqual(own);
  expect(await caller.comments.get({ commentId: named.id })).toEqual(reacted);
});

test("a task deleted for ever takes its comments along", async ({ scene }) => {
  const { caller, task, ann, held } = await reader(scene);
  await caller.tasks.delete({ taskId: task.id });
  await scene.expectLaw([[`user:${ann.userId}`, ann]], () => caller.tasks.purge({ taskId: task.id }));
  expect(await held()).toEqual([]);
  expect(await scene.app.sql.query("select from comments.comments where task_id = $1", [task.id])).toEqual([]);
});

test("a project takes its comments along", async ({ scene }) => {
  const { caller, project, ann, held } = await reader(scene);
  await scene.expectLaw([[`user:${ann.userId}`, ann]], () => caller.projects.delete({ projectId: project.id }));
  expect(await held()).toEqual([]);
});

test("comments and the end of their project, at once, leave nobody with anything", async ({ scene }) => {
  const { caller, project, task, ann, held } = await reader(scene);
  const body = `@[a](user:${ann.userId})`;
  await Promise.allSettled([
    ...Array.from({ length: 5 }, () => caller.comments.create({ taskId: task.id, body })),
    caller.projects.delete({ projectId: project.id }),
    ...Array.from({ length: 5 }, () => caller.comments.create({ taskId: task.id, body })),
  ]);
  await expect(caller.projects.get({ projectId: project.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await held()).toEqual([]);
});
