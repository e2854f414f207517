import { createHash } from "node:crypto";
import { globSync, readFileSync, rmSync } from "node:fs";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../platform/embedded-postgres.ts";
import { probeServices, type Services } from "./probes.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The embedded server's superuser, outside the template. */
    adminUrl: string;
    /** A migrated database without rows; nobody may connect to it, so it can always be copied. */
    template: string;
    services: Services;
  }
}

/** One PostgreSQL for the whole run, kept for the next one; runs at the same time get one each. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = probeServices();
  const server = await startFree();
  try {
    project.provide("adminUrl", server.url);
    project.provide("template", await prepareTemplate(server.url));
    project.provide("services", await services);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return () => server.stop();
}

async function startFree(): Promise<EmbeddedPostgres> {
  for (let at = 1; ; at++) {
    const dataDir = `.data/test/postgres-${at}`;
    try {
      return await startEmbeddedPostgres({ dataDir, durable: false }).catch((error) => {
        if (error.code === "in-use") throw error;
        rmSync(dataDir, { recursive: true, force: true }); // without fsync a power cut may have broken it
        return startEmbeddedPostgres({ dataDir, durable: false });
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "in-use" || at === 20) throw error;
    }
  }
}

/** Migrates once per state of `db/`, and removes what earlier runs left. */
async function prepareTemplate(adminUrl: string): Promise<string> {
  const admin = new Client(adminUrl);
  await admin.connect();
  try {
    const hash = createHash("sha256");
    for (const file of globSync("db/**/*.ts").sort()) hash.update(file).update(readFileSync(file));
    const template = `template_${hash.digest("hex").slice(0, 16)}`;

    const { rows } = await admin.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_'",
    );
    for (const { datname } of rows) {
      if (datname === template) continue;
      await admin.query(`ALTER DATABASE ${datname} IS_TEMPLATE false`);
      await admin.query(`DROP DATABASE ${datname} WITH (FORCE)`);
    }
    if (rows.some(({ datname }) => datname === template)) return template;

    await admin.query("CREATE DATABASE test_migrating");
    const { migrate } = await import("../../db/orm.ts");
    await migrate(Object.assign(new URL(adminUrl), { pathname: "/test_migrating" }).href);
    await admin.query(`ALTER DATABASE test_migrating RENAME TO ${template}`); // the name says: complete
    await admin.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false IS_TEMPLATE true`);
    return template;
  } finally {
    await admin.end();
  }
}
