import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";
import { refusal } from "../testing/scene.ts";

const scene = sceneOf();

test("no id of one organization's files opens anything for another", async () => {
  const files = scene();
  const [ours, theirs] = [await files.board(), await files.board()];
  const own = await files.file(ours.owner, { taskId: ours.task.id }, "ours");
  const ownOfOrganization = await files.file(ours.owner, { organizationId: ours.organization.id }, "ours");
  const upload = await files
    .caller(ours.owner)
    .uploads.create({ taskId: ours.task.id, name: "a", sizeBytes: 1, sha256: "0".repeat(64) });
  const link = await files.caller(ours.owner).shareLinks.create({ fileId: own.id });
  const before = await files.snapshot(ours.owner, `project:${ours.project.id}`);
  const caller = files.caller(theirs.owner);
  const into = { taskId: theirs.task.id };

  for (const { id: fileId } of [own, ownOfOrganization]) {
    for (const attempt of [
      () => caller.files.get({ fileId }),
      () => caller.files.link({ fileId }),
      () => caller.files.update({ fileId, name: "theirs" }),
      () => caller.files.copy({ fileId, ...into }),
      () => caller.files.delete({ fileId }),
      () => caller.fileVersions.list({ fileId }),
      () => caller.fileVersions.restore({ fileId, versionNumber: 1 }),
      () => caller.shareLinks.list({ fileId }),
      () => caller.shareLinks.create({ fileId }),
      () => caller.uploads.create({ fileId, name: "a", sizeBytes: 1, sha256: "0".repeat(64) }),
    ]) {
      await expect(attempt()).rejects.toMatchObject(refusal("not-found"));
    }
    expect((await files.fetch(theirs.owner, `/files/${fileId}/content`)).status).toBe(404);
    expect((await files.upload(theirs.owner, { fileId }, "theirs")).status).toBe(404);
  }
  for (const attempt of [
    () => caller.uploads.get({ uploadId: upload.id }),
    () => caller.uploads.signParts({ uploadId: upload.id, partNumbers: [1] }),
    () => caller.uploads.complete({ uploadId: upload.id }),
    () => caller.uploads.delete({ uploadId: upload.id }),
    () => caller.shareLinks.delete({ shareLinkId: link.id }),
    () => caller.files.list({ projectId: ours.project.id }),
    () => caller.files.listOfOrganization({ organizationId: ours.organization.id }),
  ]) {
    await expect(attempt()).rejects.toMatchObject(refusal("not-found"));
  }
  for (const place of [
    { taskId: ours.task.id },
    { projectId: ours.project.id },
    { organizationId: ours.organization.id },
  ] as Record<string, string>[]) {
    expect((await files.upload(theirs.owner, place, "theirs")).status).toBe(404);
  }
  const guest = await files.join(ours.organization.id, await files.person(), "guest");
  expect((await files.fetch(guest, `/files/${ownOfOrganization.id}/content`)).status).toBe(404);
  expect((await files.snapshot(ours.owner, `project:${ours.project.id}`)).toJSON()).toEqual(before.toJSON());
});
