import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";
import type { TaskView } from "./task.view.ts";

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const settle = async (calls: Promise<unknown>[]) => {
  const outcomes = await Promise.allSettled(calls);
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.cause?.code] : []));
};
const byRank = (a: TaskView, b: TaskView) => (a.rank < b.rank || (a.rank === b.rank && a.id < b.id) ? -1 : 1);

async function column(
  scene: Scene,
  board: { owner: { userId: string; sessionId: string }; project: { id: string } },
  statusId: string,
) {
  const copy = (await scene.snapshot(board.owner, `project:${board.project.id}`)).toJSON() as {
    entities: { task?: Record<string, TaskView> };
  };
  return Object.values(copy.entities.task ?? {})
    .filter((task) => task.statusId === statusId)
    .sort(byRank);
}

test("50 creates at once, some refused, number their tasks 1 to n", async ({ scene }) => {
  const { project, owner, todo } = await scene.project();
  const caller = scene.caller(owner);
  const failures = await scene.expectLaw(
    [
      [`project:${project.id}`, owner],
      [`user:${owner.userId}`, owner],
    ],
    () =>
      settle(
        times(50, (at) =>
          caller.tasks.create({
            projectId: project.id,
            title: `Task ${at}`,
            statusId: todo.id,
            ...(at % 5 === 0 ? { startOn: "2026-02-02", dueOn: "2026-01-01" } : {}),
          }),
        ),
      ),
  );
  expect(failures).toEqual(times(10, () => "rule.broken"));
  const { items } = await caller.tasks.list({ projectId: project.id, sort: "number", limit: 200 });
  expect(items.map((task) => task.key)).toEqual(times(40, (at) => `${project.key}-${at + 1}`));
});

test("100 moves at once into one status keep one order, each where it was asked", async ({ scene }) => {
  const board = await scene.project();
  const { project, owner, todo, doing } = board;
  const caller = scene.caller(owner);
  const anchor = await caller.tasks.create({ projectId: project.id, title: "Anchor", statusId: doing.id });
  const tasks = await Promise.all(
    times(100, (at) => caller.tasks.create({ projectId: project.id, title: `Task ${at}`, statusId: todo.id })),
  );
  const failures = await scene.expectLaw([[`project:${project.id}`, owner]], () =>
    settle(
      tasks.map((task, at) =>
        caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: at % 2 ? anchor.id : null }),
      ),
    ),
  );
  expect(failures).toEqual([]);
  const order = await column(scene, board, doing.id);
  expect(order).toHaveLength(101);
  expect(new Set(order.map((task) => task.rank)).size).toBe(101);
  const at = order.findIndex((task) => task.id === anchor.id);
  const above = new Set(order.slice(0, at).map((task) => task.id));
  expect(tasks.filter((_, nth) => nth % 2 === 0).every((task) => above.has(task.id))).toBe(true);
  expect(above.size).toBe(50);
});

test("inserting behind one task again and again makes room and keeps order and law", async ({ scene }) => {
  const board = await scene.project();
  const { project, owner, todo } = board;
  const caller = scene.caller(owner);
  const create = (title: string, afterTaskId?: string) =>
    caller.tasks.create({ projectId: project.id, title, statusId: todo.id, afterTaskId });
  const first = await create("First");
  const last = await create("Last");
  const expected = [last.id];
  await scene.expectLaw([[`project:${project.id}`, owner]], async () => {
    for (let at = 0; at < 400; at += 1) expected.unshift((await create(`Task ${at}`, first.id)).id);
  });
  expect((await column(scene, board, todo.id)).map((task) => task.id)).toEqual([first.id, ...expected]);
  const types = (await scene.changes(`project:${project.id}`)).map((change) => change.type);
  expect(types).toContain("task.reranked");
});

test("reparenting at once never closes a circle", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  const tasks = await Promise.all(times(6, (at) => caller.tasks.create({ projectId: project.id, title: `${at}` })));
  const id = (at: number) => tasks[at % 6]!.id;
  const failures = await scene.expectLaw([[`project:${project.id}`, owner]], () =>
    settle(times(24, (at) => caller.tasks.update({ taskId: id(at), parentId: id(at + 1 + Math.floor(at / 6)) }))),
  );
  expect(new Set(failures)).toEqual(new Set(["rule.broken"]));
  const { items } = await caller.tasks.list({ projectId: project.id });
  const parents = new Map(items.map((task) => [task.id, task.parentId]));
  for (const start of parents.keys()) {
    let [at, steps]: [string | null | undefined, number] = [start, 0];
    for (; at; steps += 1) {
      at = parents.get(at);
      expect(steps).toBeLessThan(7);
    }
  }
});

test("linking at once never closes a circle", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  const tasks = await Promise.all(times(5, (at) => caller.tasks.create({ projectId: project.id, title: `${at}` })));
  const failures = await settle(
    tasks.map((task, at) =>
      caller.taskLinks.create({ taskId: task.id, kind: "blocks", otherTaskId: tasks[(at + 1) % 5]!.id }),
    ),
  );
  expect(failures).toEqual(["rule.broken"]);
});

test("moves, creates and restores at once never exceed a limit", async ({ scene }) => {
  const board = await scene.project();
  const { project, owner, todo, doing } = board;
  await scene.app.sql.query("update projects.statuses set wip_limit = 5 where id = $1", [doing.id]);
  const caller = scene.caller(owner);
  const tasks = await Promise.all(
    times(20, (at) => caller.tasks.create({ projectId: project.id, title: `${at}`, statusId: todo.id })),
  );
  const archived = await caller.tasks.create({ projectId: project.id, title: "archived", statusId: doing.id });
  await caller.tasks.archive({ taskId: archived.id });
  const failures = await scene.expectLaw([[`project:${project.id}`, owner]], () =>
    settle([
      ...tasks.map((task) => caller.tasks.move({ taskId: task.id, toStatusId: doing.id, afterTaskId: null })),
      ...times(5, () => caller.tasks.create({ projectId: project.id, title: "new", statusId: doing.id })),
      caller.tasks.unarchive({ taskId: archived.id }),
    ]),
  );
  expect(failures).toEqual(times(21, () => "rule.broken"));
  expect((await column(scene, board, doing.id)).filter((task) => !task.archivedAt)).toHaveLength(5);
});

test("of many updates with the same version one wins", async ({ scene }) => {
  const { owner, task } = await scene.board();
  const caller = scene.caller(owner);
  const failures = await settle(
    times(10, (at) => caller.tasks.update({ taskId: task.id, title: `Title ${at}`, version: task.version })),
  );
  expect(failures).toEqual(times(9, () => "stale"));
  expect(await caller.tasks.get({ taskId: task.id })).toMatchObject({ version: task.version + 1 });
});

test("moves, changes of many, spreading out and the trash pass each other without an error", async ({ scene }) => {
  const { project, owner, todo, doing, bug } = await scene.project();
  const caller = scene.caller(owner);
  const tasks = await Promise.all(
    times(30, (at) =>
      caller.tasks.create({ projectId: project.id, title: `${at}`, statusId: at % 2 ? todo.id : doing.id }),
    ),
  );
  // Equal ranks leave no room, so that moves between them spread their neighbours out.
  await scene.app.sql.query("update tasks.tasks set rank = 'a5' where project_id = $1", [project.id]);
  const ids = tasks.map((task) => task.id);
  const shuffled = (at: number) => ids.toSorted((a, b) => ((a.charCodeAt(35) * (at + 3)) % 7) - (b.charCodeAt(35) % 5));
  const failures = await scene.expectLaw([[`project:${project.id}`, owner]], () =>
    settle(
      times(24, (at) => {
        const [one, two] = [ids[at]!, ids[(at * 7 + 3) % 30]!];
        if (at % 4 === 0)
          return caller.tasks.bulkUpdate({
            taskIds: shuffled(at),
            addLabelIds: [bug.id],
            priority: at % 8 ? "low" : "high",
          });
        if (at % 4 === 1)
          return caller.tasks.bulkUpdate({
            taskIds: shuffled(at).slice(0, 10),
            toStatusId: at % 8 === 1 ? todo.id : doing.id,
          });
        if (at % 4 === 2)
          return caller.tasks.update({ taskId: one, parentId: two === one ? null : two }).catch(ignore("rule.broken"));
        return caller.tasks
          .move({ taskId: one, toStatusId: at % 8 === 3 ? todo.id : doing.id, afterTaskId: two })
          .catch(ignore("not-found"));
      }),
    ),
  );
  expect(failures).toEqual([]);
});

/** A neighbour may have gone to another status, and a parent may have become a child. */
const ignore = (code: string) => (error: unknown) => expect(error).toMatchObject(refusal(code));
