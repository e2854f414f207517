import { describe, expect } from "vitest";
import type { Actor } from "../context.ts";
import type { Channel } from "../platform/feed.ts";
import { createLatestAnswers } from "../platform/latest-answers.ts";
import { countStatements } from "../testing/count-statements.ts";
import { refusal, type Scene, test } from "../testing/scene.ts";
import { takeSnapshot } from "./snapshots.ts";

/** A board whose snapshot is kept, with a second reader. */
async function keptBoard(scene: Scene) {
  const board = await scene.board();
  const viewer = await scene.personWith("viewer", board.project);
  const channel: Channel = `project:${board.project.id}`;
  await takeSnapshot(scene.ctx(board.owner), channel);
  return { ...board, viewer, channel };
}

/** Whether a snapshot reads rows, or only who asks and where the channel stands. */
async function read(scene: Scene, actor: Actor, channel: Channel) {
  const { result, sent, roundTrips } = await countStatements(scene.app, () => takeSnapshot(scene.ctx(actor), channel));
  return { snapshot: result, computed: sent.some((name) => name.startsWith("snapshot.")), roundTrips };
}

describe("a kept snapshot", () => {
  test("is answered to another reader, for two round trips", async ({ scene }) => {
    const { viewer, channel, task } = await keptBoard(scene);
    const { snapshot, computed, roundTrips } = await read(scene, viewer, channel);
    expect([computed, roundTrips]).toEqual([false, 2]);
    expect(snapshot.entities.task).toEqual([task]);
    expect(await scene.snapshot(viewer, channel)).toMatchObject({ seq: snapshot.seq });
  });

  test("is none any more once something changed, also for the writer at once", async ({ scene }) => {
    const { owner, viewer, channel, task } = await keptBoard(scene);
    const renamed = await scene.caller(owner).tasks.update({ taskId: task.id, version: task.version, title: "Second" });
    for (const actor of [owner, viewer]) {
      expect((await takeSnapshot(scene.ctx(actor), channel)).entities.task).toEqual([renamed]);
    }
  });

  test("is none in another life of the database, nor after a migration", async ({ scene }) => {
    const { owner, channel } = await keptBoard(scene);
    expect((await read(scene, owner, channel)).computed).toBe(false);
    const { epoch } = await takeSnapshot(scene.ctx(owner), channel);
    try {
      await scene.app.sql.query("update feed.life set epoch = gen_random_uuid()");
      expect((await read(scene, owner, channel)).computed).toBe(true);
    } finally {
      await scene.app.sql.query("update feed.life set epoch = $1", [epoch]);
    }
    expect((await read(scene, owner, channel)).computed).toBe(true); // one is kept at a time
    await scene.app.sql.query("insert into public.migrations (name) values ('Migration_later')");
    expect((await read(scene, owner, channel)).computed).toBe(true);
  });

  test("passes no door for anybody", async ({ scene }) => {
    const { owner, viewer, channel } = await keptBoard(scene);
    const stranger = (await scene.organization()).owner;
    await expect(takeSnapshot(scene.ctx(stranger), channel)).rejects.toMatchObject({ code: "not-found" });
    await expect(scene.caller(null).sync.snapshot({ channel })).rejects.toMatchObject(refusal("auth.required"));

    const { entities } = await takeSnapshot(scene.ctx(viewer), channel);
    const { id } = entities.projectMember?.find(({ userId }) => userId === viewer.userId) ?? {};
    await scene.caller(owner).projectMembers.remove({ projectMemberId: id as string });
    await takeSnapshot(scene.ctx(owner), channel);
    await expect(takeSnapshot(scene.ctx(viewer), channel)).rejects.toMatchObject({ code: "not-found" });
  });

  test("is computed once for many who ask at the same moment", async ({ scene }) => {
    const { owner, viewer, channel, task } = await keptBoard(scene);
    await scene.caller(owner).tasks.update({ taskId: task.id, version: task.version, title: "Third" });
    const { result, sent } = await countStatements(scene.app, () =>
      Promise.all(Array.from({ length: 60 }, (_, at) => takeSnapshot(scene.ctx(at % 2 ? owner : viewer), channel))),
    );
    expect(sent.filter((name) => name === "snapshot.tasks")).toHaveLength(1);
    expect(new Set(result.map(({ entities }) => entities.task?.[0]?.title))).toEqual(new Set(["Third"]));
  });

  test("is not made where none is to be kept", async ({ scene }) => {
    const { owner, channel, task } = await keptBoard(scene);
    const app = { ...scene.app, snapshots: createLatestAnswers("snapshot", 0) };
    for (const _ of [1, 2]) {
      const { sent, result } = await countStatements(app, () => takeSnapshot({ ...scene.ctx(owner), app }, channel));
      expect(sent).toContain("snapshot.tasks");
      expect(result.entities.task).toEqual([task]);
    }
  });
});
