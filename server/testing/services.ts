import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { Client } from "pg";
import { describe, inject, test } from "vitest";
import { migrate } from "../../db/orm.ts";
import type { ServiceName } from "./probes.ts";

export interface TestDatabase {
  readonly url: string;
  /** Also ends whatever is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of one's own on the embedded PostgreSQL; meant for once per test file. */
export const cloneDatabase = (): Promise<TestDatabase> =>
  createDatabase(inject("adminUrl"), `TEMPLATE ${inject("template")}`);

/** The same on the server at `adminUrl`, such as the one that `describeWith("postgresql", …)` hands over. */
export async function migratedDatabase(adminUrl: string): Promise<TestDatabase> {
  const database = await createDatabase(adminUrl, "TEMPLATE template0 ENCODING 'UTF8'");
  await migrate(database.url);
  return database;
}

async function createDatabase(adminUrl: string, like: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const url = Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} ${like}`);
  return { url, drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  const admin = new Client(adminUrl);
  await admin.connect();
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}

const requiredInCi: readonly ServiceName[] = ["postgresql", "redis", "rabbitmq"];

/**
 * `describe` for tests that need a real service. Where it does not answer they count as skipped; with `CI=true` that is a
 * failure for PostgreSQL, Redis and RabbitMQ.
 *
 * @param body gets the service's url (for S3 with access and secret key as its user and password), also while it only
 *   collects tests that will be skipped
 */
export function describeWith(service: ServiceName, name: string, body: (url: string) => void): void {
  const { url, reachable } = inject("services")[service];
  if (!reachable && process.env["CI"] === "true" && requiredInCi.includes(service)) {
    test(`${name}: ${service} answers`, () => {
      throw new Error(`${service} does not answer, and CI=true asks for it`);
    });
  }
  describe.skipIf(!reachable)(`${name} (${service})`, () => body(url));
}

/** A key prefix that no other file uses, since all share one Redis; `clean` deletes every key below it. */
export function redisScope(url: string): { readonly prefix: string; clean(): Promise<void> } {
  const prefix = `test:${randomUUID()}:`;
  const clean = async () => {
    const redis = new Redis(url);
    try {
      for await (const keys of redis.scanStream({ match: `${prefix}*` })) if (keys.length > 0) await redis.del(...keys);
    } finally {
      redis.disconnect();
    }
  };
  return { prefix, clean };
}
