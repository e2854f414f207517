import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { test } from "../server/testing/scene.ts";

test("docs/ARCHITECTURE.md names every table, and no other", async ({ scene }) => {
  const documented = readFileSync("docs/ARCHITECTURE.md", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, schema, tables] = /^\| `(\w+)` +\| (`\w+`(?:, `\w+`)*) +\|/.exec(line) ?? [];
      return (tables?.match(/\w+/g) ?? []).map((table) => `${schema}.${table}`);
    });
  const made = await scene.app.sql.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema', 'public')`,
  );
  expect(documented.sort()).toEqual(made.map(({ name }) => name).sort());
});
