import { expect } from "vitest";
import { catchUp, changeByChange, foundProject, keptOf } from "../../testing/analytics.ts";
import { test } from "../../testing/scene.ts";
import { rebuild } from "../projection.ts";
import { projectFacts } from "./project-facts.ts";

const spansStatement = `select category, estimate_minutes as "estimateMinutes", ended_at >= began_at as "isForward"
  from analytics.spans where project_id = $1 and task_id = $2 order by began_seq`;
const taskStatement = `select category, is_deleted as "isDeleted", started_at is not null as "isStarted", completed_at is not null as "isCompleted"
  from analytics.tasks where project_id = $1 and task_id = $2`;

test("a task's spans follow it through statuses, estimates, put aside, the trash and back", async ({ scene }) => {
  const { manager, project, ...to } = await foundProject(scene);
  const projectId = project.id;
  const { id: taskId } = await manager.tasks.create({ projectId, title: "One", statusId: to.todo });
  await manager.tasks.move({ taskId, toStatusId: to.doing, afterTaskId: null });
  await manager.tasks.update({ taskId, estimateMinutes: 60 });
  await manager.tasks.update({ taskId, title: "Another" }); // no span of its own
  await manager.tasks.archive({ taskId });
  await manager.tasks.unarchive({ taskId });
  await manager.tasks.move({ taskId, toStatusId: to.done, afterTaskId: null });
  await manager.tasks.archive({ taskId }); // what is done stays done
  await manager.tasks.delete({ taskId });
  await catchUp(scene);
  const at = [projectId, taskId];
  const gone = await scene.app.sql.query(taskStatement, at);
  await manager.tasks.restore({ taskId });
  await catchUp(scene);

  expect(await scene.app.sql.query(spansStatement, at)).toEqual(
    [
      ["todo", null],
      ["in_progress", null],
      ["in_progress", 60],
      ["in_progress", 60],
      ["done", 60],
    ].map(([category, estimateMinutes]) => ({ category, estimateMinutes, isForward: true })),
  );
  expect(gone).toEqual([{ category: null, isDeleted: true, isStarted: true, isCompleted: true }]);
  expect(await scene.app.sql.query(taskStatement, at)).toEqual([
    { category: "done", isDeleted: false, isStarted: true, isCompleted: true },
  ]);
});

test("a status of another category carries its tasks along; one that goes hands them on", async ({ scene }) => {
  const { manager, project, ...to } = await foundProject(scene);
  const projectId = project.id;
  const { id: taskId } = await manager.tasks.create({ projectId, title: "One", statusId: to.todo });
  await catchUp(scene);
  await manager.statuses.update({ statusId: to.todo, category: "done" });
  await catchUp(scene);
  await manager.statuses.update({ statusId: to.todo, category: "in_progress" });
  await manager.statuses.delete({ statusId: to.todo, moveTasksToStatusId: to.backlog });
  await catchUp(scene);

  const spans = await scene.app.sql.query<{ category: string }>(spansStatement, [projectId, taskId]);
  expect(spans.map(({ category }) => category)).toEqual(["todo", "done", "in_progress"]);
  expect(await scene.app.sql.query(taskStatement, [projectId, taskId])).toEqual([
    { category: "backlog", isDeleted: false, isStarted: true, isCompleted: false },
  ]);
});

test("rebuilt from the feed, or fed change by change, it is the same", async ({ scene }) => {
  const { manager, project, ...to } = await foundProject(scene);
  const projectId = project.id;
  const statuses = [to.todo, to.doing, to.done, to.cancelled, to.backlog];
  for (let at = 0; at < 12; at += 1) {
    const { id: taskId } = await manager.tasks.create({ projectId, title: `Task ${at}`, estimateMinutes: at * 10 });
    for (const toStatusId of statuses.slice(0, at % 6))
      await manager.tasks.move({ taskId, toStatusId, afterTaskId: null });
    if (at % 4 === 0) await manager.tasks.delete({ taskId });
    if (at % 3 === 0) await catchUp(scene);
  }
  await manager.statuses.update({ statusId: to.doing, category: "done" });
  await catchUp(scene);
  const kept = await keptOf(scene, projectId);

  const applied = await rebuild(scene.ctx(null), projectFacts, `project:${projectId}`);
  const rebuilt = await keptOf(scene, projectId);
  await rebuild(scene.ctx(null), changeByChange(projectFacts), `project:${projectId}`);

  expect(applied).toBe(await scene.head(`project:${projectId}`));
  expect(kept["spans"]?.length).toBeGreaterThan(20);
  expect(rebuilt).toEqual(kept);
  expect(await keptOf(scene, projectId)).toEqual(kept);
});

test("a dashboard's copy follows its changes, also through a rebuild; it goes with its project", async ({ scene }) => {
  const { manager, owner, project, ...to } = await foundProject(scene);
  const projectId = project.id;
  const channels = [[`dashboard:${projectId}`, owner]] as const;
  const { id: taskId } = await manager.tasks.create({ projectId, title: "One", estimateMinutes: 30 });

  await scene.expectLaw(channels, () => catchUp(scene));
  await manager.tasks.move({ taskId, toStatusId: to.done, afterTaskId: null });
  await scene.expectLaw(channels, () => catchUp(scene));
  await scene.expectLaw(channels, () => rebuild(scene.ctx(null), projectFacts, `project:${projectId}`));

  const { entities } = await manager.sync.snapshot({ channel: `dashboard:${projectId}` });
  const tasks = { backlog: 0, todo: 0, in_progress: 0, done: 1, cancelled: 0 };
  expect(entities.projectFigures).toMatchObject([{ id: projectId, tasks, createdTasks: 1, completedTasks: 1 }]);
  expect(entities.projectDay).toMatchObject([{ tasks, minutes: { ...tasks, done: 30 }, completedTasks: 1 }]);

  await manager.projects.delete({ projectId });
  await catchUp(scene);
  expect(Object.values(await keptOf(scene, projectId)).flat()).toEqual([]);
});

test("retention that took the beginning refuses a rebuild and leaves everything", async ({ scene }) => {
  const { manager, project } = await foundProject(scene);
  await manager.tasks.create({ projectId: project.id, title: "One" });
  await catchUp(scene);
  const kept = await keptOf(scene, project.id);
  await scene.app.sql.query("update feed.heads set floor = 1 where channel = $1", [`project:${project.id}`]);

  await expect(rebuild(scene.ctx(null), projectFacts, `project:${project.id}`)).rejects.toThrow("cannot be rebuilt");
  expect(await keptOf(scene, project.id)).toEqual(kept);
});
