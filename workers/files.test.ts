import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eicar, startClamd, type TestClamd } from "../server/testing/clamd.ts";
import { type FileScene, openFileScene } from "../server/testing/files.ts";
import { ownPrefix, workersFor } from "../server/testing/workers.ts";
import { collectFiles, drawThumbnails, inspectFiles } from "./files.ts";

let clamd: TestClamd;
let files: FileScene;
let close: () => Promise<void>;
beforeAll(async () => {
  clamd = await startClamd();
  ({ scene: files, close } = await openFileScene({ CLAMD_URL: clamd.url, DATABASE_POOL_SIZE: "12" }));
});
afterAll(async () => {
  await close();
  await clamd.close();
});

test("what is uploaded is looked through, drawn, and removed when it is deleted", async () => {
  await workersFor(files, { prefix: ownPrefix(), jobs: [inspectFiles, drawThumbnails, collectFiles] });
  const { task, owner } = await files.board();
  const caller = files.caller(owner);
  const picture = await sharp({ create: { width: 90, height: 60, channels: 3, background: "#0e8a16" } })
    .png()
    .toBuffer();

  const file = await files.file(owner, { taskId: task.id }, new Uint8Array(picture), "green.png");
  const harmful = await files.file(owner, { taskId: task.id }, eicar, "eicar.com");

  await expect.poll(() => caller.files.get({ fileId: file.id })).toMatchObject({ state: "ready", hasThumbnail: true });
  await expect.poll(() => caller.files.get({ fileId: harmful.id })).toMatchObject({ state: "locked" });
  for (const { id } of [file, harmful]) await caller.files.delete({ fileId: id });
  await expect.poll(() => files.app.sql.query("select id from files.blobs")).toEqual([]);
  await expect.poll(() => files.app.sql.query("select * from files.garbage where due_at <= now()")).toEqual([]);
});
