// npm run docs: writes the tables and examples of the documents anew, from the source they show. A test says when it is due.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settings } from "../server/config.ts";
import { catalogue } from "../server/domain/events.ts";
import { eventMatrix } from "../server/domain/notifications/event.matrix.ts";
import { organizationPermissions, projectPermissions } from "../server/domain/permissions.ts";
import { errorCodes } from "../server/errors.ts";

const root = join(import.meta.dirname, "..");

/** Documents with `<!-- table: name -->` or `<!-- file: path -->`, and then `<!-- end -->`. */
export const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/REALTIME.md",
  "docs/ERRORS.md",
  "docs/ROLES.md",
  "docs/NOTIFICATIONS.md",
] as const;

type Row = readonly string[];

/** Columns are as wide as Biome makes them, so that neither undoes the other's work. */
function table(head: Row, rows: readonly Row[]): string {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, at) => Math.max(3, ...escaped.map((row) => row[at]?.length ?? 0)));
  const lines = escaped.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`);
  return [lines[0], `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)].join("\n");
}

const code = (text: string) => (text === "" ? "" : `\`${text}\``);

/** `NAME`, its default, and what it does. */
const configuration = () =>
  table(
    ["setting", "default", "what it does"],
    Object.entries(settings.shape).map(([name, setting]) => {
      const value: unknown = setting.parse(undefined);
      return [code(name), code(value === undefined ? "" : String(value)), setting.description ?? ""];
    }),
  );

const errors = () =>
  table(
    ["code", "HTTP status"],
    Object.entries(errorCodes).map(([name, status]) => [code(name), String(status)]),
  );

/** A view with every field that a channel's name is made of. */
const anyView = { id: "id", userId: "id", organizationId: "id", projectId: "id", visibility: "organization" };

const changes = () =>
  table(
    ["change", "entity", "op", "channels"],
    catalogue
      .map(({ type, entity, op, channel }) => {
        const channels = [(channel as (view: object) => string | readonly string[])(anyView)].flat();
        return [code(type), code(entity), op, channels.map((name) => code(name.replace(/:.*/, ""))).join(", ")];
      })
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );

const grants = (permissions: Record<string, readonly string[]>, roles: readonly string[]) =>
  table(
    ["permission", ...roles],
    Object.entries(permissions).map(([name, granted]) => [
      code(name),
      ...roles.map((role) => (granted.includes(role) ? "✓" : "")),
    ]),
  );

const notifications = () =>
  table(
    ["event", "what happened", "from level", "inbox", "mail", "push"],
    Object.entries(eventMatrix).map(([event, { summary, level, modes }]) => [
      code(event),
      summary,
      code(level),
      ...[modes.inApp, modes.mail, modes.push].map(code),
    ]),
  );

const tables: Readonly<Record<string, () => string>> = {
  configuration,
  errors,
  changes,
  notifications,
  "organization permissions": () => grants(organizationPermissions, ["guest", "member", "admin", "owner"]),
  "project permissions": () => grants(projectPermissions, ["viewer", "commenter", "editor", "manager"]),
};

const file = (path: string) => `\`\`\`ts\n${readFileSync(join(root, path), "utf8").trim()}\n\`\`\``;

/** A document with its tables and examples as they should be. @throws Error for a table that nobody makes */
export const withParts = (text: string): string =>
  text.replace(/(<!-- (table|file): (.+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, begin, kind, name: string, end) => {
    const make = kind === "file" ? () => file(name) : tables[name];
    if (!make) throw new Error(`No table is called ${name}`);
    return `${begin}\n${make()}\n\n${end}`;
  });

if (import.meta.main) {
  for (const document of documents) {
    const path = join(root, document);
    writeFileSync(path, withParts(readFileSync(path, "utf8")));
  }
}
