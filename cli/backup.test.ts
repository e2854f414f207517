import { appendFileSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Client } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { takeSnapshot } from "../server/domain/snapshots.ts";
import { openTestApp } from "../server/testing/app.ts";
import { Scene } from "../server/testing/scene.ts";
import { taskwire } from "./run.fixture.ts";

/** An empty database, not even migrated, until the test ends. */
async function emptyDatabase(): Promise<string> {
  const admin = new Client(inject("adminUrl"));
  await admin.connect();
  const name = `test_restore_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await admin.query(`create database ${name}`);
  onTestFinished(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  return Object.assign(new URL(inject("adminUrl")), { pathname: `/${name}` }).href;
}

test("a backup restored into a new database is the same, under a new epoch", async () => {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-backup-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { app, close } = await openTestApp({ DATA_DIR: join(folder, "data") });
  onTestFinished(close);
  const scene = new Scene(app);
  const { owner, project, task } = await scene.board();
  await scene.caller(owner).comments.create({ taskId: task.id, body: "Größe \\ \t 日本語" });
  await app.store.put("a/file", Readable.from([Buffer.from("bytes")]));
  await app.sql.query(
    `insert into files.blobs (id, organization_id, object_key, size_bytes, sha256, media_type, state, created_at)
     values (gen_random_uuid(), $1, 'a/file', 5, repeat('0', 64), 'text/plain', 'ready', now())`,
    [project.organizationId],
  );
  const before = await takeSnapshot(scene.ctx(owner), `project:${project.id}`);
  const target = join(folder, "backup");
  const from = { DATABASE_URL: app.config.DATABASE_URL as string, DATA_DIR: join(folder, "data") };
  expect(await taskwire(["backup", target, "--with-files"], from)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("• 1 files"),
  });
  expect(await taskwire(["backup", target], from)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("exists"),
  });

  const to = { DATABASE_URL: await emptyDatabase(), DATA_DIR: join(folder, "elsewhere") };
  const restored = await taskwire(["restore", target], to);
  expect(restored).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("each as it was") });

  const { app: again, close: closeAgain } = await openAppOn(to);
  onTestFinished(closeAgain);
  const { epoch, ...after } = await takeSnapshot(new Scene(again).ctx(owner), `project:${project.id}`);
  expect({ ...after, epoch: before.epoch }).toEqual(before);
  expect(epoch).not.toBe(before.epoch);
  expect((await buffer(await again.store.get("a/file"))).toString()).toBe("bytes");
  await new Scene(again).caller(owner).tasks.create({ projectId: project.id, title: "Life goes on" });

  expect(await taskwire(["restore", target], to)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("not empty"),
  });
  appendFileSync(join(target, "objects", "0"), "!");
  const damaged = { ...to, DATABASE_URL: await emptyDatabase() };
  expect(await taskwire(["restore", target], damaged)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("damaged"),
  });
});

async function openAppOn(env: Record<string, string>) {
  const [{ readConfig }, { openApp }] = await Promise.all([
    import("../server/config.ts"),
    import("../server/open-app.ts"),
  ]);
  const config = readConfig({ NODE_ENV: "test", LOG_LEVEL: "silent", ...env });
  return openApp(config, config.DATABASE_URL as string);
}
