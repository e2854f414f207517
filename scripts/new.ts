// `npm run new -- invoice`: a new domain, whole and tested, to be made into what it shall be.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [given = ""] = process.argv.slice(2);
if (!/^[a-z]+(-[a-z]+)*$/.test(given)) {
  console.error(
    "Usage: npm run new -- <name>, in the singular, of small letters and hyphens: `npm run new -- invoice`",
  );
  process.exit(2);
}

const words = given.split("-");
const plural = (word: string) =>
  /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
const pluralWords = [...words.slice(0, -1), plural(words.at(-1) as string)];
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const pascal = (parts: readonly string[]) => parts.map(capital).join("");
const camel = (parts: readonly string[]) => parts.map((part, at) => (at === 0 ? part : capital(part))).join("");
const stamp = `${new Date().toISOString().slice(0, 10).replaceAll("-", "")}900000`; // after those of its day
const migration = `Migration${stamp}_${pluralWords.join("_")}`;

const names: Readonly<Record<string, string>> = {
  kebab: given,
  kebabs: pluralWords.join("-"),
  camel: camel(words),
  camels: camel(pluralWords),
  Pascal: pascal(words),
  Pascals: pascal(pluralWords),
  snakes: pluralWords.join("_"),
  words: words.join(" "),
  wordss: pluralWords.join(" "),
  Migration: migration,
};
const named = (text: string) => text.replaceAll(/@(\w+)@/g, (whole, name: string) => names[name] ?? whole);

const files: Readonly<Record<string, string>> = {
  [`db/migrations/${migration}.ts`]: "migration",
  "db/entities/@kebabs@.ts": "entity",
  "server/domain/@kebabs@/@kebab@.view.ts": "view",
  "server/domain/@kebabs@/@kebab@.events.ts": "events",
  "server/domain/@kebabs@/@kebab@.access.ts": "access",
  "server/domain/@kebabs@/@kebab@.queries.ts": "queries",
  "server/domain/@kebabs@/create-@kebab@.ts": "create",
  "server/domain/@kebabs@/update-@kebab@.ts": "update",
  "server/domain/@kebabs@/delete-@kebab@.ts": "delete",
  "server/domain/@kebabs@/@kebab@.test.ts": "test",
  "server/testing/world.@kebabs@.ts": "world",
  "routers/@kebabs@.ts": "router",
};

/** Where the domain is made known: after the match of `place`, `text` is put. */
const mentions: readonly { file: string; place: RegExp; text: string }[] = [
  { file: ".dependency-cruiser.cjs", place: / {2}"tasks",\n/, text: '  "@kebabs@",\n' },
  { file: "db/orm.ts", place: /^/, text: 'import { @Pascal@ } from "./entities/@kebabs@.ts";\n' },
  { file: "db/orm.ts", place: /^/, text: `import { ${migration} } from "./migrations/${migration}.ts";\n` },
  { file: "db/orm.ts", place: /export const entities = \[\n/, text: "  @Pascal@,\n" },
  {
    file: "db/orm.ts",
    place: /const migrationsList = \[\n(?: {2}\{.*\},\n)*/,
    text: `  { name: "${migration}", class: ${migration} },\n`,
  },
  {
    file: "server/domain/permissions.ts",
    place: /export const projectPermissions = \{\n/,
    text: '  "@kebab@.read": ["viewer", "commenter", "editor", "manager"],\n  "@kebab@.manage": ["editor", "manager"],\n',
  },
  {
    file: "server/domain/permissions.ts",
    place: /export const grantedWhenArchived[^\n]*= \[\n/,
    text: '  "@kebab@.read",\n',
  },
  { file: "server/domain/events.ts", place: /^/, text: 'import * as @camels@ from "./@kebabs@/@kebab@.events.ts";\n' },
  { file: "server/domain/events.ts", place: /const facts = \{/, text: " ...@camels@," },
  {
    file: "server/domain/snapshots.ts",
    place: /^/,
    text: 'import { @camel@Columns } from "./@kebabs@/@kebab@.view.ts";\n',
  },
  {
    file: "server/domain/snapshots.ts",
    place: /const snapshots: [^\n]* = \{[\s\S]*?\n {2}project: \{\n/,
    text: `    @camel@: statement("snapshot.@kebabs@", \`select \${@camel@Columns} from @snakes@.@snakes@ x where x.project_id = $1\`),\n`,
  },
  {
    file: "server/platform/named-services.ts",
    place: / {2}projects: "project-service",\n/,
    text: '  @camels@: "project-service",\n',
  },
  {
    file: "routers/index.ts",
    place: /import "\.\.\/server\/domain\/wiring\.ts";\n/,
    text: 'import { @camels@ } from "./@kebabs@.ts";\n',
  },
  { file: "routers/index.ts", place: /export const appRouter = router\(\{\n/, text: "  @camels@,\n" },
  { file: "server/testing/procedures.ts", place: / {4}"label",\n/, text: '    "@camel@",\n' },
  { file: "server/testing/world.ts", place: /^/, text: 'import { build@Pascals@ } from "./world.@kebabs@.ts";\n' },
  {
    file: "server/testing/world.ts",
    place: / {4}label: \[board\.bug\.id, board\.feature\.id\],\n/,
    text: "    ...(await build@Pascals@(scene, owner, project.id)),\n",
  },
];

const root = process.cwd();
for (const file of Object.keys(files).map(named)) {
  if (existsSync(join(root, file))) {
    console.error(`${file} is there already; choose another name.`);
    process.exit(1);
  }
}
const edited = new Map<string, string>();
for (const { file, place, text } of mentions) {
  const before = edited.get(file) ?? readFileSync(join(root, file), "utf8");
  const match = place.exec(before);
  if (!match) throw new Error(`${file} has no place for this any more: ${place}`);
  const at = match.index + match[0].length;
  edited.set(file, before.slice(0, at) + named(text) + before.slice(at));
}
for (const [file, template] of Object.entries(files)) {
  const source = readFileSync(join(import.meta.dirname, "new", `${template}.template`), "utf8");
  edited.set(named(file), named(source));
}
for (const [file, text] of edited) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
const biome = join(root, "node_modules", ".bin", "biome");
const { status } = spawnSync(biome, ["check", "--write", ...edited.keys()], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
if (status !== 0) process.exit(status ?? 1);
for (const file of Object.keys(files).map(named)) console.log(`made     ${file}`);
for (const file of new Set(mentions.map(({ file }) => file))) console.log(`changed  ${file}`);
console.log(`
Its tests pass as it is:  npm test -- server/domain/${names["kebabs"]} routers/matrix.test.ts
The documents' tables:    npm run docs
Give it the fields and rules that it shall have. CONTRIBUTING.md, "Adding a feature", says what each file is for.`);
