import { expect, vi } from "vitest";
import { connect, startNode } from "../server/testing/gateway.ts";
import { test } from "../server/testing/scene.ts";
import { working } from "../server/testing/working.ts";

/** Nothing is found by looking again: what these tests see, changes told. */
const noSweep = { sweepMs: 3_600_000, headsPollMs: 3_600_000 };

test("a timer starts, switches and stops on all of a person's devices", async ({ scene }) => {
  const { asWorker, worker, work } = await working(scene);
  const nodes = [await startNode(scene.app, noSweep), await startNode(scene.app, noSweep)];
  const own = `user:${worker.userId}` as const;
  const devices = await Promise.all(nodes.map((node) => connect(node, worker)));
  for (const device of devices) await device.join(own);

  const timer = await asWorker.timers.start(work);
  await asWorker.timers.switch({ projectId: work.projectId });
  await asWorker.timers.stop({});

  for (const device of devices) {
    const timers = () => device.changes(own).filter(({ entity }) => entity === "timer");
    await vi.waitFor(() => expect(timers()).toHaveLength(3));
    expect(timers()).toMatchObject([
      { type: "timer.started", entityId: timer.id, patch: { taskId: work.taskId } },
      { type: "timer.switched", entityId: timer.id, patch: { taskId: null } },
      { type: "timer.stopped", entityId: timer.id, op: "delete" },
    ]);
  }
});

test("who no longer manages a project hears nothing more of others' time there", async ({ scene }) => {
  const node = await startNode(scene.app, noSweep);
  const { asWorker, asOwner, work, project } = await working(scene);
  const manager = await scene.personWith("manager", project);
  const channel = `project-time:${project.id}` as const;
  const probe = await connect(node, manager);
  await probe.join(channel);
  await probe.join(`user:${manager.userId}`);
  const entry = await asWorker.timeEntries.create({ ...work, durationMinutes: 5 });
  await vi.waitFor(() => expect(probe.changes(channel)).toMatchObject([{ entityId: entry.id }]));

  const [role] = await scene.app.sql.query<{ id: string }>(
    "select id from projects.project_members where project_id = $1 and user_id = $2",
    [project.id, manager.userId],
  );
  await asOwner.projectMembers.updateRole({ projectMemberId: role?.id as string, role: "editor" });
  await vi.waitFor(() => expect(probe.closed).toContainEqual(expect.objectContaining({ channel })));

  await asWorker.timeEntries.create({ ...work, durationMinutes: 6 });
  expect(await probe.ask("channel:join", { channel })).toMatchObject({ ok: false, error: "not-found" });
  expect(probe.changes(channel)).toHaveLength(1);
});
