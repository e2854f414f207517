import type { AddressInfo } from "node:net";
import type { SeededDemo } from "../db/seed.ts";
import { keepsMail } from "./api/dev-mail.ts";
import type { Config } from "./config.ts";
import { say } from "./say.ts";

/** Tells where to look and how to sign in. */
export function welcome(config: Config, address: AddressInfo | string | null, demo: SeededDemo | null): void {
  const port = typeof address === "object" && address ? address.port : config.PORT;
  const url = config.PUBLIC_URL ?? `http://localhost:${port}`;
  const lines = [
    "",
    `Taskwire is ready at ${url}`,
    `  read and try every call    ${url}/docs`,
    `  health, metrics            ${url}/health  ${url}/metrics`,
  ];
  if (keepsMail(config)) lines.push(`  mail that would be sent    ${url}/dev/mail`);
  if (demo) {
    lines.push(
      `  sign in as                 ${demo.people.map((person) => `${person.email} (${person.role})`).join(", ")}`,
    );
    lines.push(`  with the password          ${demo.password}`);
  }
  lines.push("  stop with Ctrl-C; your data stays", "");
  for (const line of lines) say(line);
}
