import { expect, test } from "vitest";
import { catchUp, foundProject, keptOf } from "../server/testing/analytics.ts";
import { openScene } from "../server/testing/workers.ts";
import { taskwire } from "./run.fixture.ts";

test("npm run rebuild -- analytics mends what was wrong, for all projects or one", async () => {
  const scene = await openScene({});
  const env = { DATABASE_URL: scene.app.config.DATABASE_URL ?? "" };
  const run = (...args: string[]) => taskwire(["rebuild", ...args], env);
  const [one, other] = [await foundProject(scene), await foundProject(scene)];
  for (const { manager, project } of [one, other]) await manager.tasks.create({ projectId: project.id, title: "One" });
  await catchUp(scene);
  const ids = [one.project.id, other.project.id];
  const kept = await Promise.all(ids.map((id) => keptOf(scene, id)));
  await scene.app.sql.query("update analytics.tasks set title = 'Wrong', category = 'done'");

  const { stdout } = await run("analytics", "--project", one.project.id);
  expect(stdout).toMatch(/^project:.* 8 changes\n8 changes applied\n$/);
  expect(await keptOf(scene, one.project.id)).toEqual(kept[0]);
  expect(await keptOf(scene, other.project.id)).not.toEqual(kept[1]);
  expect((await run("analytics")).stdout).toContain("16 changes applied");
  expect(await keptOf(scene, other.project.id)).toEqual(kept[1]);
  expect(await run("everything")).toMatchObject({ code: 1, stderr: expect.stringContaining("Usage:") });
});
