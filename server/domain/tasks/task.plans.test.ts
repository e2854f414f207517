import { expect } from "vitest";
import { countStatements } from "../../testing/count-statements.ts";
import { type Scene, test } from "../../testing/scene.ts";

const many = 2_000;

/** As many tasks as an index is needed for; two of them have a rare word in their title. */
async function crowd(scene: Scene) {
  const { project, owner, todo } = await scene.project();
  await scene.app.sql.query(
    `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, due_on, created_by_id, created_at, updated_at)
    select gen_random_uuid(), $1, $2, n, 'MANY-' || n, 'Task ' || n || ' waits' || case when n % 1000 = 7 then ' by the chandelier' else '' end,
      '', $3, lpad(n::text, 6, '0'), 'none', case when n % 3 > 0 then date '2026-01-01' + n end, $4, now(), now() from generate_series(1, ${many}) n`,
    [project.organizationId, project.id, todo.id, owner.userId],
  );
  await scene.app.sql.query("analyze tasks.tasks, tasks.search");
  return { projectId: project.id, caller: scene.caller(owner) };
}

interface Node {
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Node[];
}

/** How many rows of tasks.tasks a call looked at, whether it kept them or not. */
async function tasksLookedAt(scene: Scene, call: () => Promise<unknown>): Promise<number> {
  const { asked } = await countStatements(scene.app, call);
  const lookedAt = (node: Node): number =>
    (node["Relation Name"] === "tasks"
      ? (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"]
      : 0) + (node.Plans ?? []).reduce((sum, part) => sum + lookedAt(part), 0);
  const plans = await Promise.all(
    asked.map(async ({ text, values }) => {
      const [row] = await scene.app.sql.query<{ "QUERY PLAN": [{ Plan: Node }] }>(
        `explain (analyze, format json) ${text}`,
        values,
      );
      return row ? lookedAt(row["QUERY PLAN"][0].Plan) : 0;
    }),
  );
  return plans.reduce((sum, rows) => sum + rows, 0);
}

test("pages far behind, rare words and searches look at few of many tasks", async ({ scene }) => {
  const { projectId, caller } = await crowd(scene);
  const limit = 10;
  for (const [sort, order, first] of [
    ["number", "asc", 1_001],
    ["number", "desc", 1_000],
    ["dueOn", "asc", 1_501],
  ] as const) {
    const page = (size: number, cursor?: string) =>
      caller.tasks.list({ projectId, sort, order, limit: size, ...(cursor ? { cursor } : {}) });
    let cursor: string | null = null;
    for (let read = 0; read < many / 2; read += 200) ({ nextCursor: cursor } = await page(200, cursor ?? undefined));
    const deep = () => page(limit, cursor as string);

    expect((await deep()).items.map(({ number }) => number)[0]).toBe(first);
    expect(await tasksLookedAt(scene, deep), `${sort} ${order}`).toBeLessThan(3 * limit);
  }

  const titled = () => caller.tasks.list({ projectId, sort: "number", text: "By the CHANDELIER" });
  expect((await titled()).items.map(({ number }) => number)).toEqual([7, 1_007]);
  expect(await tasksLookedAt(scene, titled)).toBeLessThan(10);

  const found = () => caller.tasks.search({ projectId, text: "waits", limit });
  expect((await found()).items).toHaveLength(limit);
  expect(await tasksLookedAt(scene, found)).toBeLessThan(3 * limit);
});

test("whatever the server prefers, nothing is compiled before it runs", async ({ scene }) => {
  const setting = await scene.app.sql.query("select setting, source from pg_settings where name = 'jit'");
  expect(setting).toEqual([{ setting: "off", source: "client" }]);
});
