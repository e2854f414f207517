import { afterAll, beforeAll, expect, test } from "vitest";
import { eicar, startClamd, type TestClamd } from "../../testing/clamd.ts";
import { type FileScene, openFileScene } from "../../testing/files.ts";
import { inspectFile } from "./inspect-file.ts";

let clamd: TestClamd;
let files: FileScene;
let close: () => Promise<void>;
beforeAll(async () => {
  clamd = await startClamd(100_000);
  const opened = await openFileScene({ CLAMD_URL: clamd.url });
  files = opened.scene;
  close = opened.close;
});
afterAll(async () => {
  await close();
  await clamd.close();
});

const blobOf = async (fileId: string) => {
  const [row] = await files.app.sql.query<{ blobId: string; finding: string | null }>(
    `select b.id as "blobId", b.finding from files.versions v join files.blobs b on b.id = v.blob_id where v.file_id = $1`,
    [fileId],
  );
  return row as { blobId: string; finding: string | null };
};

async function given(content: string) {
  const board = await files.board();
  const file = await files.file(board.owner, { taskId: board.task.id }, content);
  return { ...board, file, ...(await blobOf(file.id)) };
}

const status = async (actor: Parameters<FileScene["fetch"]>[0], fileId: string) =>
  (await files.fetch(actor, `/files/${fileId}/content`)).status;

test("nothing can be downloaded before it was looked through", async () => {
  const { project, owner, file, blobId } = await given("harmless");
  expect(file.state).toBe("inspecting");
  const response = await files.fetch(owner, `/files/${file.id}/content`);
  expect([response.status, await response.json()]).toMatchObject([422, { details: { rule: "file.inspecting" } }]);
  await expect(files.caller(owner).files.link({ fileId: file.id })).rejects.toMatchObject({
    cause: { details: { rule: "file.inspecting" } },
  });
  expect(await files.app.sql.query("select name from feed.jobs where input->>'blobId' = $1", [blobId])).toEqual([
    { name: "file.inspect" },
  ]);

  await files.expectLaw([[`project:${project.id}`, owner]], () => inspectFile(files.ctx(null), { blobId }));

  expect(await files.caller(owner).files.get({ fileId: file.id })).toMatchObject({ state: "ready", version: 2 });
  expect(await status(owner, file.id)).toBe(200);
});

test("the EICAR file stays locked, and so do its copies", async () => {
  const { project, owner, task, file, blobId } = await given(`${"x".repeat(5_000)}${eicar}`);
  const copy = await files.caller(owner).files.copy({ fileId: file.id, taskId: task.id });
  await files.expectLaw([[`project:${project.id}`, owner]], () => inspectFile(files.ctx(null), { blobId }));
  for (const { id } of [file, copy]) {
    expect(await files.caller(owner).files.get({ fileId: id })).toMatchObject({ state: "locked" });
    expect(await status(owner, id)).toBe(422);
  }
  expect(await blobOf(file.id)).toMatchObject({ finding: "Eicar-Signature" });
  const again = files.caller(owner).files.copy({ fileId: file.id, taskId: task.id });
  await expect(again).rejects.toMatchObject({ cause: { details: { rule: "file.locked" } } });
  const { items } = await files.caller(owner).shareLinks.list({ fileId: file.id });
  expect(items).toEqual([]);
});

test("while the scanner is away, or cannot judge, the gate stays shut", async () => {
  const { owner, file, blobId } = await given("harmless");
  clamd.works = false;
  await expect(inspectFile(files.ctx(null), { blobId })).rejects.toMatchObject({ code: "upstream.down" });
  expect(await status(owner, file.id)).toBe(422);
  clamd.works = true;
  const large = await given("y".repeat(200_000)); // beyond the scanner's own limit
  await expect(inspectFile(files.ctx(null), large)).rejects.toMatchObject({ code: "upstream.down" });
  expect(await status(large.owner, large.file.id)).toBe(422);
  await inspectFile(files.ctx(null), { blobId });
  expect(await status(owner, file.id)).toBe(200);
});

test("inspecting twice at once tells once", async () => {
  const { project, owner, file, blobId } = await given("harmless");
  await Promise.all([1, 2, 3].map(() => inspectFile(files.ctx(null), { blobId })));
  const changes = await files.changes(`project:${project.id}`);
  expect(changes.filter(({ type, entityId }) => type === "file.inspected" && entityId === file.id)).toHaveLength(1);
  expect(await status(owner, file.id)).toBe(200);
});
