import { Redis } from "ioredis";
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { cloneDatabase, describeWith, migratedDatabase, redisScope } from "./services.ts";

async function tables(url: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query("SELECT FROM information_schema.tables WHERE table_name = 'migrations'")).rows;
  } finally {
    await client.end();
  }
}

test("each clone is a migrated database of its own", async () => {
  const [one, other] = await Promise.all([cloneDatabase(), cloneDatabase()]);
  onTestFinished(async () => void (await Promise.all([one.drop(), other.drop()])));

  expect(one.url).not.toBe(other.url);
  expect(await tables(one.url)).toHaveLength(1);
});

describeWith("postgresql", "a database elsewhere", (adminUrl) => {
  test("is migrated, and gone after its drop", async () => {
    const database = await migratedDatabase(adminUrl);
    expect(await tables(database.url)).toHaveLength(1);
    await database.drop();
    await expect(tables(database.url)).rejects.toThrow("does not exist");
  });
});

describeWith("redis", "a scope", (url) => {
  test("cleans its own keys and no others", async () => {
    const redis = new Redis(url);
    const [mine, others] = [redisScope(url), redisScope(url)];
    onTestFinished(async () => void (await others.clean().finally(() => redis.disconnect())));
    await redis.set(`${mine.prefix}a`, 1);
    await redis.set(`${others.prefix}a`, 1);

    await mine.clean();

    expect(await redis.exists(`${mine.prefix}a`)).toBe(0);
    expect(await redis.exists(`${others.prefix}a`)).toBe(1);
  });
});

describeWith("s3", "object storage", (url) => {
  test("answers at an endpoint whose keys the url carries", async () => {
    const { origin, username, password } = new URL(url);
    expect([username, password]).not.toContain("");
    expect((await fetch(origin)).status).toBeLessThan(500);
  });
});
