import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { describeStores } from "../testing/files.ts";

describeStores("files", (scene) => {
  test("what is uploaded through the server is seen by the project and comes back as it was", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const content = new Uint8Array(20 * 1024 * 1024 + 7).map((_, at) => at % 251);

    const file = await files.expectLaw([[`project:${project.id}`, owner]], () =>
      files.file(owner, { taskId: task.id }, content, "Größe.bin"),
    );

    expect(file).toMatchObject({
      name: "Größe.bin",
      taskId: task.id,
      projectId: project.id,
      sizeBytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
      mediaType: "application/octet-stream",
      state: "ready",
    });
    expect(await files.caller(owner).files.list({ projectId: project.id })).toMatchObject({ items: [{ id: file.id }] });
    const response = await files.fetch(owner, `/files/${file.id}/content`);
    expect(response.status).toBe(200);
    expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), content)).toBe(0);

    const { url } = await files.caller(owner).files.link({ fileId: file.id });
    expect(await (await files.fetch(null, url)).arrayBuffer()).toHaveProperty("byteLength", content.length);
  });
});
