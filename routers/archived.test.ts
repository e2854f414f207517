import { expect } from "vitest";
import { grantedWhenArchived, type ProjectPermission, projectPermissions } from "../server/domain/permissions.ts";
import { inputOf, procedures } from "../server/testing/procedures.ts";
import { test } from "../server/testing/scene.ts";
import { buildWorld, fullValues, plainValues } from "../server/testing/world.ts";

const needsActiveProject = procedures.filter(
  ({ access, type }) =>
    type === "mutation" && access in projectPermissions && !grantedWhenArchived.includes(access as ProjectPermission),
);

test.for(needsActiveProject.map((procedure) => [procedure.path, procedure] as const))(
  "%s changes nothing in an archived project",
  async ([, procedure], { scene }) => {
    const world = await buildWorld(scene);
    const owner = scene.caller(world.people.owner);
    await owner.projects.archive({ projectId: world.ids["project"]?.[0] as string });
    const before = await scene.app.sql.query("select channel, seq from feed.heads order by channel");

    for (const values of [plainValues(world), fullValues(world)]) {
      const input = procedure.input ? inputOf(procedure.input, values) : undefined;
      await expect(procedure.call(owner, input)).rejects.toMatchObject({ cause: { code: "rule.broken" } });
    }

    expect(await scene.app.sql.query("select channel, seq from feed.heads order by channel")).toEqual(before);
  },
);
