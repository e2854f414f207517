import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, openTour, type Tour } from "./docs.tour.ts";
import { documents, withTables } from "./docs.ts";

const root = join(import.meta.dirname, "..");
const all = [...globSync("*.md", { cwd: root }), ...globSync("docs/*.md", { cwd: root })];
const read = (document: string) => readFileSync(join(root, document), "utf8");

test.each(documents)("the tables of %s are up to date; if not: npm run docs", (document) => {
  const text = read(document);
  expect(text).toContain("<!-- table: ");
  expect(text).toBe(withTables(text));
});

describe.each(all)("%s", (document) => {
  const text = read(document);

  test("links to files that exist", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  test("names files and folders that exist", () => {
    const named = text.matchAll(
      /`((?:\.\/)?(?:server|routers|realtime|workers|db|client|scripts|docs|deploy|demo)\/[\w./-]+)`/g,
    );
    expect([...named].map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json"));
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

  /** A TypeScript block as a file, where its imports and addresses hold. */
  function save(document: string, name: string): string {
    const block = blocksOf(read(document)).find((block) => block.name === name);
    if (!block) throw new Error(`${document} has no block called ${name}`);
    const file = join(directory, name);
    writeFileSync(file, tour.here(block.text).replaceAll('"./client/', `"${relative(directory, root)}/client/`));
    return file;
  }

  test("the README's shell commands work, and answer the same when they are repeated", async () => {
    const commands = blocksOf(read("README.md")).filter(({ language }) => language === "sh");
    const script = commands.map(({ text }) => `${tour.here(text)}\necho\n`).join("");
    const answers = async () => {
      const output = await tour.shell(script);
      return output
        .trim()
        .split(/\n+/)
        .map((line) => JSON.parse(line));
    };

    const [task, { changes }] = await answers();

    expect(task).toMatchObject({ title: "Try Taskwire", priority: "high" });
    expect(changes).toMatchObject([{ type: "task.created", entityId: task.id }]);
    expect((await answers())[0]).toEqual(task);
  });

  test("the README's live.ts shows each move to both people", async () => {
    const file = save("README.md", "live.ts");
    const ada = tour.run(file, "ada@example.com");
    const grace = tour.run(file, "grace@example.com");
    await Promise.all([ada, grace].map((person) => person.says(/tasks, live/)));

    ada.press("\n");

    const [seen] = await ada.says(/^#.+ is now in .+$/m);
    expect(await grace.says(/^#.+ is now in .+$/m)).toContain(seen);
  });

  test("docs/REALTIME.md's follow.ts hears a change, with Socket.IO alone", async () => {
    const follower = tour.run(save("docs/REALTIME.md", "follow.ts"));
    await follower.says(/up to date at \d+/);

    await tour.shell(
      blocksOf(read("README.md"))
        .filter(({ language }) => language === "sh")
        .map(({ text }) => tour.here(text).replace(/-H 'idempotency-key.*' /, ""))
        .join("\n"),
    );

    await follower.says(/task\.created/);
  });

  test("their TypeScript has the types it should", () => {
    save("README.md", "live.ts");
    save("docs/REALTIME.md", "follow.ts");
    const config = join(directory, "tsconfig.json");
    const up = relative(directory, root);
    const include = ["*.ts", `${up}/server/open-app.ts`]; // which adds its services to the types
    writeFileSync(config, JSON.stringify({ extends: `${up}/tsconfig.json`, include }));

    const checked = spawnSync("tsc", ["--project", config], { cwd: root, encoding: "utf8" });

    expect(checked.stdout).toBe("");
    expect(checked.status).toBe(0);
  });
});
