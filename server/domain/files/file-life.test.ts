import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { describeStores, type FileScene } from "../../testing/files.ts";
import { refusal } from "../../testing/scene.ts";
import { collectBytes } from "./collect-bytes.ts";
import { thumbnailKey } from "./download.ts";

describeStores("the life of a file", (scene) => {
  const keysOf = async (files: FileScene, fileId: string) => {
    const rows = await files.app.sql.query<{ key: string }>(
      `select b.object_key as key from files.versions v join files.blobs b on b.id = v.blob_id where v.file_id = $1 order by v.number`,
      [fileId],
    );
    return rows.map(({ key }) => key);
  };
  const usedBy = async (files: FileScene, organizationId: string) => {
    const [usage] = await files.app.sql.query<{ used: number }>(
      "select used_bytes as used from files.usage where organization_id = $1",
      [organizationId],
    );
    return usage?.used ?? 0;
  };
  const text = async (files: FileScene, actor: Parameters<FileScene["fetch"]>[0], fileId: string, query = "") =>
    (await files.fetch(actor, `/files/${fileId}/content${query}`)).text();

  test("a new version replaces the old one, which can be read and restored", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const caller = files.caller(owner);
    const first = await files.file(owner, { taskId: task.id }, "one");
    await files.expectLaw([[`project:${project.id}`, owner]], async () => {
      const second = await files.file(owner, { fileId: first.id }, "two!");
      expect(second).toMatchObject({ id: first.id, versionNumber: 2, sizeBytes: 4, version: 2 });
      const restored = await caller.fileVersions.restore({ fileId: first.id, versionNumber: 1, version: 2 });
      expect(restored).toMatchObject({ versionNumber: 3, sizeBytes: 3, sha256: first.sha256, version: 3 });
    });
    expect(await text(files, owner, first.id)).toBe("one");
    expect(await text(files, owner, first.id, "?versionNumber=2")).toBe("two!");
    const { items } = await caller.fileVersions.list({ fileId: first.id, limit: 2 });
    expect(items.map(({ number }) => number)).toEqual([3, 2]);
    const stale = caller.fileVersions.restore({ fileId: first.id, versionNumber: 2, version: 1 });
    await expect(stale).rejects.toMatchObject(refusal("stale"));
    expect(await usedBy(files, project.organizationId)).toBe(7); // the restored bytes count once
  });

  test("a copy shares the bytes and outlives the original", async () => {
    const files = scene();
    const board = await files.board();
    const { project, task, owner } = board;
    const other = await files.project(board);
    const caller = files.caller(owner);
    const original = await files.file(owner, { taskId: task.id }, "shared");
    const [key] = await keysOf(files, original.id);
    const copy = await files.expectLaw([[`project:${other.project.id}`, owner]], () =>
      caller.files.copy({ fileId: original.id, projectId: other.project.id, name: "copy.txt" }),
    );
    expect(await keysOf(files, copy.id)).toEqual([key]);
    expect(await usedBy(files, project.organizationId)).toBe(6);

    await files.expectLaw([[`project:${project.id}`, owner]], () => caller.files.delete({ fileId: original.id }));
    await collectBytes(files.ctx(null));
    expect(await text(files, owner, copy.id)).toBe("shared");
    expect((await files.fetch(owner, `/files/${original.id}/content`)).status).toBe(404);

    await caller.files.delete({ fileId: copy.id });
    expect(await files.app.store.sizeOf(key as string)).toBe(6); // only a worker removes bytes
    await collectBytes(files.ctx(null));
    expect(await files.app.store.sizeOf(key as string)).toBe(null);
    expect(await usedBy(files, project.organizationId)).toBe(0);
  });

  test("bytes go also when the worker dies half-way, and never those that are still wanted", async () => {
    const files = scene();
    const { task, owner } = await files.board();
    const caller = files.caller(owner);
    const [gone, kept] = [
      await files.file(owner, { taskId: task.id }, "gone"),
      await files.file(owner, { taskId: task.id }, "kept"),
    ];
    const [key] = await keysOf(files, gone.id);
    await caller.files.delete({ fileId: gone.id });

    const { store } = files.app;
    const dying = { ...store, delete: () => Promise.reject(new Error("killed")) };
    await expect(collectBytes({ ...files.ctx(null), app: { ...files.app, store: dying } })).rejects.toThrow("killed");
    expect(await store.sizeOf(key as string)).toBe(4);
    const forgetful = {
      ...store,
      delete: async (at: string) => {
        await store.delete(at);
        throw new Error("killed");
      },
    };
    await expect(collectBytes({ ...files.ctx(null), app: { ...files.app, store: forgetful } })).rejects.toThrow(
      "killed",
    );

    await Promise.all([collectBytes(files.ctx(null)), collectBytes(files.ctx(null))]);
    expect(await store.sizeOf(key as string)).toBe(null);
    expect(await files.app.sql.query("select * from files.garbage where due_at <= now()")).toEqual([]);
    expect(await text(files, owner, kept.id)).toBe("kept");
  });

  test("interrupted uploads are collected with their space", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const upload = await files
      .caller(owner)
      .uploads.create({ taskId: task.id, name: "a", sizeBytes: 5, sha256: "0".repeat(64) });
    const { parts } = await files.caller(owner).uploads.signParts({ uploadId: upload.id, partNumbers: [1] });
    await fetch(parts[0]?.url as string, { method: "PUT", body: "hello" });
    expect(await usedBy(files, project.organizationId)).toBe(5);
    await collectBytes(files.ctx(null));
    expect(await usedBy(files, project.organizationId)).toBe(5);

    await files.app.sql.query("update files.uploads set expires_at = now() - interval '2 hours' where id = $1", [
      upload.id,
    ]);
    await collectBytes(files.ctx(null));
    expect(await usedBy(files, project.organizationId)).toBe(0);
    const late = await fetch(parts[0]?.url as string, { method: "PUT", body: "hello" });
    expect(late.ok).toBe(false);
  });

  test("files go with their task, their project and their organization", async () => {
    const files = scene();
    const { organization, project, task, owner } = await files.board();
    const caller = files.caller(owner);
    const keys: string[] = [];
    const places: Record<string, string>[] = [
      { taskId: task.id },
      { projectId: project.id },
      { organizationId: organization.id },
    ];
    for (const place of places) {
      const file = await files.file(owner, place, "x");
      keys.push(...(await keysOf(files, file.id)));
      await files.app.store.put(thumbnailKey(keys.at(-1) as string), Readable.from([Buffer.from("t")]));
    }
    const there = () => Promise.all(keys.flatMap((key) => [key, thumbnailKey(key)]).map(files.app.store.sizeOf));
    await caller.tasks.delete({ taskId: task.id });
    await files.expectLaw([[`project:${project.id}`, owner]], () => caller.tasks.purge({ taskId: task.id }));
    await collectBytes(files.ctx(null));
    expect(await there()).toEqual([null, null, 1, 1, 1, 1]);
    await caller.projects.delete({ projectId: project.id });
    await collectBytes(files.ctx(null));
    expect(await there()).toEqual([null, null, null, null, 1, 1]);
    await caller.organizations.delete({ organizationId: organization.id, confirm: organization.slug });
    await collectBytes(files.ctx(null));
    expect(await there()).toEqual([null, null, null, null, null, null]);
  });
});
