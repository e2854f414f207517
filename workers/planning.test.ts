import { expect, test } from "vitest";
import { openScene, ownPrefix, workersFor } from "../server/testing/workers.ts";
import { giveNewKeys } from "./planning.ts";

test("all tasks of a large project get its new key, whichever process gives them", async () => {
  const scene = await openScene({});
  const { project, owner, todo } = await scene.project();
  await scene.app.sql.query(
    `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, created_by_id, created_at, updated_at)
    select gen_random_uuid(), $1, $2, n, $3 || '-' || n, 'Task', '', $4, 'a' || n, 'none', $5, now(), now() from generate_series(1, 250) n`,
    [project.organizationId, project.id, project.key, todo.id, owner.userId],
  );
  await workersFor(scene, { prefix: ownPrefix(), jobs: [giveNewKeys] });

  await scene.caller(owner).projects.update({ projectId: project.id, key: "LARGE" });

  const former = "select from tasks.tasks where project_id = $1 and not starts_with(key, 'LARGE-')";
  await expect.poll(async () => (await scene.app.sql.query(former, [project.id])).length).toBe(0);
  const rekeyed = (await scene.changes(`project:${project.id}`)).filter(({ type }) => type === "task.rekeyed");
  expect(rekeyed.map(({ actorId }) => actorId)).toEqual(rekeyed.map(() => owner.userId));
  expect(rekeyed).toHaveLength(250);
});
