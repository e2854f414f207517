import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTour, shellOf, type Tour } from "./docs.tour.ts";
import { documents, withParts } from "./docs.ts";

const root = join(import.meta.dirname, "..");
const all = globSync(["*.md", "{docs,client}/*.md"], { cwd: root });
const read = (document: string) => readFileSync(join(root, document), "utf8");

test.each(documents)("the tables and examples of %s are up to date; if not: npm run docs", (document) => {
  const text = read(document);
  expect(text).toContain("<!-- end -->");
  expect(text).toBe(withParts(text));
});

describe.each(all)("%s", (document) => {
  const text = read(document);

  test("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?![a-z]+:)([^)#]+)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  test("names files and folders that exist", () => {
    const named = text.matchAll(
      /`((?:\.\/)?(?:server|routers|realtime|workers|db|client|scripts|docs|deploy|demo)\/[\w./-]+)`/g,
    );
    expect([...named].map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(read(document.startsWith("client/") ? "client/package.json" : "package.json"));
    const named = [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("what the documents tell to do", () => {
  let tour: Tour;
  const directory = mkdtempSync(join(root, ".data", "docs-"));
  beforeAll(async () => {
    tour = await openTour();
  });
  afterAll(async () => {
    await tour?.close();
    rmSync(directory, { recursive: true });
  });

  /** An example, at this server's address. */
  function here(example: string): string {
    const copy = join(directory, basename(example));
    const text = readFileSync(join(root, example), "utf8").replaceAll('"../', `"${relative(directory, root)}/`);
    writeFileSync(copy, tour.here(text));
    return copy;
  }

  const commands = () => shellOf(read("README.md")).map(tour.here);

  test("the README's shell commands work, and answer the same when they are repeated", async () => {
    const script = commands().join("\necho\n");
    const answers = async () =>
      (await tour.shell(script))
        .trim()
        .split(/\n+/)
        .map((line) => JSON.parse(line));

    const [task, { changes }, entry, report] = await answers();

    expect(task).toMatchObject({ title: "Try Taskwire", priority: "high" });
    expect(changes).toMatchObject([{ type: "task.created", entityId: task.id }]);
    expect(entry).toMatchObject({ durationMinutes: 90, comment: "Tried Taskwire" });
    expect(report).toMatchObject({ rows: [{ person: { name: "Ada Lovelace" }, durationMinutes: 90 }] });
    expect(tour.written("cumulative-flow.svg")).toMatch(/^<svg[\s\S]*<\/svg>$/);
    expect((await answers())[0]).toEqual(task);
  });

  test("demo/live.ts shows each move to both people", async () => {
    const ada = tour.run(here("demo/live.ts"), "ada@example.com");
    const grace = tour.run(here("demo/live.ts"), "grace@example.com");
    await Promise.all([ada, grace].map((person) => person.says(/tasks, live/)));

    ada.press("\n");

    const [seen] = await ada.says(/^#.+ is now in .+$/m);
    expect(await grace.says(/^#.+ is now in .+$/m)).toContain(seen);
  });

  test("demo/follow.ts hears a change, with Socket.IO alone", async () => {
    const follower = tour.run(here("demo/follow.ts"));
    await follower.says(/up to date at \d+/);

    await tour.shell(
      commands()
        .join("\n")
        .replace(/-H 'idempotency-key.*' /, ""),
    );

    await follower.says(/task\.created/);
  });
});
