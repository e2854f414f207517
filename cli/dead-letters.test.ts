import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openScene } from "../server/testing/workers.ts";

const script = join(import.meta.dirname, "main.ts");

test("npm run dead-letters lists, shows, replays and drops what was given up", async () => {
  const { app } = await openScene({});
  const env = { ...process.env, DATABASE_URL: app.config.DATABASE_URL };
  const run = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [script, "dead-letters", ...args], { env })).stdout;
  await app.sql.query(`insert into feed.dead_letters (consumer, id, kind, body, attempts, reason, stack)
    select 'letter.send', ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'job', '{"to":"Ada"}', 3, 'no such place', 'Error: no such place'
    from generate_series(1, 3) n`);
  const id = "00000000-0000-7000-8000-000000000001";

  expect((await run("list")).trim().split("\n")).toHaveLength(3);
  expect(await run("list", "other")).toBe("There are no dead letters.\n");
  expect(await run("show", id)).toMatch(
    /job .*1 of letter\.send\n.*after 3 attempts\nError: no such place\n\{\n {2}"to": "Ada"/,
  );
  expect(await run("replay", id)).toBe("1 to be tried again\n");
  expect(await app.sql.query("select id, name, input from feed.jobs")).toEqual([
    { id, name: "letter.send", input: { to: "Ada" } },
  ]);
  expect(await run("drop", "letter.send")).toBe("2 dropped\n");
  expect(await run("list")).toBe("There are no dead letters.\n");
  await expect(run("replay")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("Usage:") });
  await expect(run("show", "it")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("no id") });
});
