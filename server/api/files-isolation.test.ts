import { expect, test } from "vitest";
import type { Actor } from "../context.ts";
import { type FileScene, sceneOf } from "../testing/files.ts";

const scene = sceneOf();

/** An organization with a file of every kind, in two versions, talked about and shared, and an upload on its way. */
async function inhabit(files: FileScene) {
  const board = await files.board();
  const { organization, project, task, owner } = board;
  const caller = files.caller(owner);
  const places: Record<string, string>[] = [
    { taskId: task.id },
    { taskId: task.id, internal: "true" },
    { projectId: project.id },
    { organizationId: organization.id },
  ];
  const fileIds: string[] = [];
  for (const place of places) {
    const { id } = await files.file(owner, place, `secret of ${organization.id}`);
    await files.file(owner, { fileId: id }, `second secret of ${organization.id}`);
    fileIds.push(id);
  }
  const [open, internal] = fileIds as [string, string];
  const comments = [
    await caller.comments.create({ taskId: task.id, body: "Look", fileIds: [open] }),
    await caller.comments.create({ taskId: task.id, body: "Between us", fileIds: [internal], internal: true }),
  ];
  const shared = await caller.shareLinks.create({ fileId: open });
  const upload = await caller.uploads.create({ taskId: task.id, name: "a", sizeBytes: 5, sha256: "0".repeat(64) });
  return { ...board, caller, fileIds, commentIds: comments.map(({ id }) => id), shared, upload };
}

type Inhabited = Awaited<ReturnType<typeof inhabit>>;

async function answerOf(response: Response): Promise<string> {
  const text = await response.text();
  if (response.ok) return text;
  throw Object.assign(new Error(text), { cause: { code: (JSON.parse(text) as { error: string }).error } });
}

/** All that the owner of one organization can try with what belongs to another one. */
function attempts(files: FileScene, me: Inhabited & { owner: Actor }, them: Inhabited): (() => Promise<unknown>)[] {
  const { caller, owner, task } = me;
  const bytes = async (path: string) => answerOf(await files.fetch(owner, path));
  const send = async (fields: Record<string, string>) => answerOf(await files.upload(owner, fields, "mine"));
  return [
    ...them.fileIds.flatMap((fileId) => [
      () => caller.files.get({ fileId }),
      () => caller.files.link({ fileId }),
      () => caller.files.update({ fileId, name: "mine" }),
      () => caller.files.copy({ fileId, taskId: task.id }),
      () => caller.files.delete({ fileId }),
      () => caller.fileVersions.list({ fileId }),
      () => caller.fileVersions.restore({ fileId, versionNumber: 1 }),
      () => caller.shareLinks.list({ fileId }),
      () => caller.shareLinks.create({ fileId }),
      () => caller.uploads.create({ fileId, name: "mine", sizeBytes: 4, sha256: "0".repeat(64) }),
      () => caller.comments.create({ taskId: task.id, body: "Mine", fileIds: [fileId] }),
      () => caller.comments.update({ commentId: me.commentIds[0] as string, fileIds: [fileId] }),
      () => bytes(`/files/${fileId}/content`),
      () => bytes(`/files/${fileId}/content?versionNumber=1`),
      () => bytes(`/files/${fileId}/content?thumbnail=true`),
      () => send({ fileId }),
    ]),
    ...them.commentIds.flatMap((commentId) => [
      () => caller.comments.get({ commentId }),
      () => caller.comments.history({ commentId }),
      () => caller.comments.update({ commentId, body: "Mine" }),
      () => caller.comments.delete({ commentId }),
      () => caller.comments.react({ commentId, emoji: "👍" }),
      () => caller.comments.unreact({ commentId, emoji: "👍" }),
      () => caller.comments.resolve({ commentId }),
      () => caller.comments.reopen({ commentId }),
      () => caller.comments.pin({ commentId }),
      () => caller.comments.unpin({ commentId }),
      () => caller.comments.markRead({ taskId: task.id, commentId }),
      () => caller.comments.create({ taskId: task.id, body: "Mine", threadId: commentId }),
      () => caller.comments.create({ taskId: task.id, body: "Mine", quotedId: commentId }),
    ]),
    () => caller.comments.list({ taskId: them.task.id }),
    () => caller.comments.counts({ taskIds: [task.id, them.task.id] }),
    () => caller.comments.create({ taskId: them.task.id, body: "Mine" }),
    () => caller.files.list({ projectId: them.project.id }),
    () => caller.files.listOfOrganization({ organizationId: them.organization.id }),
    () => caller.shareLinks.delete({ shareLinkId: them.shared.id }),
    () => caller.uploads.get({ uploadId: them.upload.id }),
    () => caller.uploads.signParts({ uploadId: them.upload.id, partNumbers: [1] }),
    () => caller.uploads.complete({ uploadId: them.upload.id }),
    () => caller.uploads.delete({ uploadId: them.upload.id }),
    () => send({ taskId: them.task.id }),
    () => send({ projectId: them.project.id }),
    () => send({ organizationId: them.organization.id }),
    ...(["task", "task-internal", "project", "organization"] as const).map((kind) => {
      const audience = kind === "project" ? them.project : kind === "organization" ? them.organization : them.task;
      return () => caller.sync.snapshot({ channel: `${kind}:${audience.id}` });
    }),
  ];
}

test("whatever one organization tries with another's files and comments, it is as if they were not there", async () => {
  const files = scene();
  const [me, them] = [await inhabit(files), await inhabit(files)];
  const state = () =>
    files.app.sql.query("select channel, seq from feed.heads where channel not like 'user:%' order by channel");
  const before = await state();
  for (const attempt of attempts(files, me, them)) {
    const answer = await attempt().then(
      (answered) => `answered ${JSON.stringify(answered)}`,
      (error) => (error.cause?.code ?? String(error)) as string,
    );
    expect(answer, String(attempt)).toBe("not-found");
  }
  expect(await state()).toEqual(before);
  const seen = await me.caller.files.thumbnails({ fileIds: them.fileIds });
  expect(seen.items).toEqual([]);
  expect((await them.caller.files.list({ projectId: them.project.id })).items).toHaveLength(3);
});
