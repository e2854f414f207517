import { globSync, readFileSync } from "node:fs";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appRouter } from "../routers/index.ts";
import { openApiDocument } from "./api/openapi.ts";
import { readConfig } from "./config.ts";
import { catalogue } from "./domain/events.ts";
import { cloneDatabase, type TestDatabase } from "./testing/services.ts";

const folders = "{server,routers,realtime,workers,db,client,scripts,cli,demo,bench}";
const sources = globSync(`${folders}/**/*.ts`, { exclude: ["**/node_modules/**", "**/dist/**"] });
const matching = (pattern: RegExp, files = sources) => files.filter((file) => pattern.test(readFileSync(file, "utf8")));

test("no file is so long that it is two", () => {
  expect(sources.filter((file) => readFileSync(file, "utf8").split("\n").length > 400)).toEqual([]);
});

test("nothing that a test runs on is mocked", () => {
  expect(matching(/\bvi\.(mock|doMock)\(/)).toEqual([]);
});

test("edges ask operations: no statement is written in a router", () => {
  const routers = sources.filter((file) => /^routers\/(?!.*\.test\.ts$)/.test(file));
  expect(matching(/\bstatement\(|\bctx\.em\b|\bsql`/, routers)).toEqual([]);
});

test("the whole product can be described as REST, so that it starts", () => {
  expect(openApiDocument(appRouter, readConfig({ NODE_ENV: "test" }))).toContain('"openapi":"3.1.0"');
});

test("every fact has a name of its own", () => {
  const types = catalogue.map(({ type }) => type);
  expect(types.filter((type, at) => types.indexOf(type) !== at)).toEqual([]);
});

describe("the schema keeps tenants apart", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await cloneDatabase();
    client = new Client(database.url);
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  /** Schemas whose rows belong to an organization. */
  const tenants = "n.nspname not in ('feed', 'auth', 'public', 'information_schema') and n.nspname !~ '^pg_'";
  const namesOf = async (query: string) =>
    (await client.query<{ name: string }>(query)).rows.map(({ name }) => name).sort();

  test("every row names its organization", async () => {
    const without = await namesOf(`
      select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and ${tenants} and not exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id' and a.attnotnull)`);
    // Garbage is bytes that no row speaks of any more. How somebody wants to be told, and on which devices, is their own,
    // wherever they are; and mail is of addresses, which belong to no organization.
    const ofPeople = ["push_subscriptions", "received_mail", "sent_letters", "settings", "suppressed_addresses"];
    expect(without).toEqual([
      "files.garbage",
      ...ofPeople.map((table) => `notifications.${table}`),
      "organizations.organizations",
    ]);
  });

  test("every reference from one such row to another carries the organization along", async () => {
    const alone = await namesOf(`
      select k.conrelid::regclass || ' ' || k.conname as name
      from pg_constraint k
      join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
      where k.contype = 'f' and ${tenants} and not exists (
        select from unnest(k.conkey) as key join pg_attribute a on a.attrelid = k.conrelid and a.attnum = key
        where a.attname = 'organization_id')`);
    expect(alone).toEqual([]);
  });
});
