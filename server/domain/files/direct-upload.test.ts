import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Actor } from "../../context.ts";
import { describeStores, type FileScene } from "../../testing/files.ts";
import { refusal } from "../../testing/scene.ts";
import { partSizeOf } from "./begin-upload.ts";

const mebibyte = 1024 * 1024;
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const bytes = (size: number) => new Uint8Array(size).map((_, at) => (at * 7) % 253);

describeStores("direct uploads", (scene) => {
  /** Sends parts as a browser does. @returns their statuses */
  async function send(files: FileScene, actor: Actor, uploadId: string, content: Uint8Array, numbers: number[]) {
    const { parts } = await files.caller(actor).uploads.signParts({ uploadId, partNumbers: numbers });
    const partSize = partSizeOf(content.length);
    return Promise.all(
      parts.map(async ({ url, number, headers: { "content-length": _, ...headers } }) => {
        const body = content.slice((number - 1) * partSize, number * partSize);
        return (await fetch(url, { method: "PUT", body, headers })).status;
      }),
    );
  }

  const begin = (files: FileScene, actor: Actor, taskId: string, content: Uint8Array, others = {}) =>
    files
      .caller(actor)
      .uploads.create({ taskId, name: "video.bin", sizeBytes: content.length, sha256: sha256(content), ...others });

  test("a small file is one request, and nobody sees it before it is complete", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const caller = files.caller(owner);
    const content = new TextEncoder().encode("hello");
    const upload = await begin(files, owner, task.id, content);
    expect(upload).toMatchObject({ partCount: 1, partSizeBytes: 5 });
    expect(await send(files, owner, upload.id, content, [1])).toEqual([200]);
    expect(await caller.files.list({ projectId: project.id })).toMatchObject({ items: [] });

    const file = await files.expectLaw([[`project:${project.id}`, owner]], () =>
      caller.uploads.complete({ uploadId: upload.id }),
    );

    expect(file).toMatchObject({ name: "video.bin", sizeBytes: 5, mediaType: "text/plain", state: "ready" });
    expect(await caller.uploads.complete({ uploadId: upload.id })).toEqual(file);
    expect(await (await files.fetch(owner, `/files/${file.id}/content`)).text()).toBe("hello");
    await expect(send(files, owner, upload.id, content, [1])).rejects.toMatchObject(refusal("rule.broken"));
  });

  test("a large one comes in parts, and goes on where it was cut off", async () => {
    const files = scene();
    const { task, owner } = await files.board();
    const caller = files.caller(owner);
    const content = bytes(40 * mebibyte + 3);
    const upload = await begin(files, owner, task.id, content);
    expect(upload).toMatchObject({ partCount: 3, partSizeBytes: 16 * mebibyte });
    expect(await send(files, owner, upload.id, content, [3, 1])).toEqual([200, 200]);
    expect(await caller.uploads.get({ uploadId: upload.id })).toMatchObject({ missingParts: [2], fileId: null });
    await expect(caller.uploads.complete({ uploadId: upload.id })).rejects.toMatchObject({
      cause: { code: "rule.broken", details: { rule: "upload.incomplete", missingParts: [2] } },
    });
    expect(await send(files, owner, upload.id, content, [2])).toEqual([200]);

    const completing = [1, 2, 3].map(() => caller.uploads.complete({ uploadId: upload.id }).catch((error) => error));
    const answers = (await Promise.all(completing)).filter((answer) => !(answer instanceof Error));
    expect(answers.length).toBeGreaterThan(0);
    const file = await caller.uploads.complete({ uploadId: upload.id });
    for (const answer of answers) expect(answer).toEqual(file);
    const given = new Uint8Array(await (await files.fetch(owner, `/files/${file.id}/content`)).arrayBuffer());
    expect(Buffer.compare(given, content)).toBe(0);
  });

  test("other bytes than announced never become a file", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const caller = files.caller(owner);
    const content = bytes(1000);
    const upload = await begin(files, owner, task.id, content, { sha256: sha256(bytes(999)) });
    expect(await send(files, owner, upload.id, content, [1])).toEqual([200]);
    await expect(caller.uploads.complete({ uploadId: upload.id })).rejects.toMatchObject(refusal("validation.failed"));
    await expect(caller.uploads.get({ uploadId: upload.id })).rejects.toMatchObject(refusal("not-found"));
    expect(await caller.files.list({ projectId: project.id })).toMatchObject({ items: [] });
  });

  test("a part of another length is refused", async () => {
    const files = scene();
    const { task, owner } = await files.board();
    const upload = await begin(files, owner, task.id, bytes(1000));
    for (const size of [999, 1001, 100_000]) {
      const { parts } = await files.caller(owner).uploads.signParts({ uploadId: upload.id, partNumbers: [1] });
      const answer = await fetch(parts[0]?.url as string, { method: "PUT", body: bytes(size) }).catch(() => null);
      expect(answer?.ok ?? false).toBe(false);
    }
    expect(await files.caller(owner).uploads.get({ uploadId: upload.id })).toMatchObject({ missingParts: [1] });
  });

  test("an upload belongs to who began it, and is given up by them", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const upload = await begin(files, owner, task.id, bytes(10));
    const editor = await files.as("editor", project);
    for (const verb of ["get", "complete", "delete"] as const) {
      await expect(editor.uploads[verb]({ uploadId: upload.id })).rejects.toMatchObject(refusal("not-found"));
    }
    await files.caller(owner).uploads.delete({ uploadId: upload.id });
    await expect(files.caller(owner).uploads.get({ uploadId: upload.id })).rejects.toMatchObject(refusal("not-found"));
  });

  test("rights are asked again when it is complete", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const editor = await files.personWith("editor", project);
    const content = bytes(10);
    const upload = await begin(files, editor, task.id, content);
    expect(await send(files, editor, upload.id, content, [1])).toEqual([200]);
    const { items } = await files.caller(owner).projectMembers.list({ projectId: project.id });
    const membership = items.find((member) => member.userId === editor.userId);
    await files.caller(owner).projectMembers.remove({ projectMemberId: membership?.id as string });
    await expect(files.caller(editor).uploads.complete({ uploadId: upload.id })).rejects.toMatchObject(
      refusal("not-found"),
    );
    expect(await files.caller(owner).files.list({ projectId: project.id })).toMatchObject({ items: [] });
  });

  test.each([
    ["more parts than there are", { partNumbers: [2] }, "validation.failed"],
    ["part zero", { partNumbers: [0] }, "BAD_REQUEST"],
    ["10,000 parts at once", { partNumbers: Array.from({ length: 10_000 }, (_, at) => at + 1) }, "BAD_REQUEST"],
  ])("signing %s is refused", async (_, input, code) => {
    const files = scene();
    const { task, owner } = await files.board();
    const upload = await begin(files, owner, task.id, bytes(10));
    const signing = files.caller(owner).uploads.signParts({ uploadId: upload.id, ...input });
    await expect(signing).rejects.toSatisfy((error) => error.code === code || error.cause?.code === code);
  });
});
