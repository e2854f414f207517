import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { inputOf, procedures } from "../server/testing/procedures.ts";
import { test } from "../server/testing/scene.ts";
import { buildWorld, plainValues } from "../server/testing/world.ts";

test("a cursor of nowhere and a place of others fail as one, whichever list is asked", async ({ scene }) => {
  const stray: unknown[] = [];
  const hear = (error: unknown) => void stray.push(error);
  process.on("unhandledRejection", hear);
  onTestFinished(() => void process.off("unhandledRejection", hear));
  const { people } = await buildWorld(scene);
  const values = plainValues(await buildWorld(scene));
  const lists = procedures.filter(({ input }) => input?.properties?.["cursor"]);
  expect(lists.length).toBeGreaterThan(20);

  for (const { path, input, call } of lists) {
    const given = { ...(inputOf(input ?? {}, values) as object), cursor: "nowhere" };
    const failed = await call(scene.caller(people.owner), given).catch((error) => error.cause?.code ?? error.code);
    expect(["validation.failed", "not-found"], path).toContain(failed);
    await setImmediate();
    expect(stray, path).toEqual([]);
  }
});
