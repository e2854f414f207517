import { expect, test } from "vitest";
import type { Actor } from "../../context.ts";
import { insiderWith } from "../../testing/discussion.ts";
import { sceneOf } from "../../testing/files.ts";
import { refusal } from "../../testing/scene.ts";

const scene = sceneOf();
const rule = (name: string) => ({ cause: { code: "rule.broken", details: { rule: name } } });

/** A board with a commenter who is a guest, and one who is not. */
async function given() {
  const files = scene();
  const board = await files.board();
  const { project, task, owner } = board;
  const guest = await files.personWith("commenter", project);
  const insider = await insiderWith(files, board, "commenter");
  const file = (actor: Actor, fields: Record<string, string> = {}, name = "notes.txt") =>
    files.file(actor, { taskId: task.id, ...fields }, name, name);
  const channels = [
    [`task:${task.id}`, owner],
    [`task-internal:${task.id}`, owner],
    [`project:${project.id}`, owner],
  ] as const;
  const law = <T>(act: () => Promise<T>) => files.expectLaw(channels, act);
  return { files, ...board, guest, insider, file, law, as: (actor: Actor) => files.caller(actor) };
}

test("a comment carries files, in the order in which they are named, and needs no words then", async () => {
  const { task, guest, owner, file, law, as } = await given();
  const [a, b] = [await file(owner, {}, "a.txt"), await file(guest, {}, "b.txt")];
  const fileIds = [b.id, a.id, b.id];
  const comment = await law(() => as(guest).comments.create({ taskId: task.id, fileIds }));
  expect(comment).toMatchObject({ body: "", html: "", attachmentIds: [b.id, a.id], version: 1 });
  expect(await as(owner).comments.get({ commentId: comment.id })).toEqual(comment);
  expect((await as(owner).comments.list({ taskId: task.id })).items).toEqual([comment]);
  for (const body of ["", " \n"])
    await expect(as(guest).comments.create({ taskId: task.id, body })).rejects.toMatchObject(
      refusal("validation.failed"),
    );
});

test("an edit says which files remain; what it takes away stays on the task", async () => {
  const { files, task, guest, file, law, as } = await given();
  const [a, b, c] = [await file(guest), await file(guest), await file(guest)];
  const made = await as(guest).comments.create({ taskId: task.id, body: "See", fileIds: [a.id, b.id] });
  const input = { commentId: made.id, fileIds: [c.id, b.id], version: 1 };
  const edited = await law(() => as(guest).comments.update(input));
  expect(edited).toMatchObject({ body: "See", attachmentIds: [c.id, b.id], editedAt: expect.any(String), version: 2 });
  await expect(as(guest).comments.update(input)).rejects.toMatchObject(refusal("stale"));
  const head = await files.head(`task:${task.id}`);
  expect(await as(guest).comments.update({ ...input, version: 2 })).toEqual(edited); // nothing differs
  expect(await files.head(`task:${task.id}`)).toBe(head);

  const renamed = await law(() => as(guest).comments.update({ commentId: made.id, body: "Look" }));
  expect(renamed.attachmentIds).toEqual([c.id, b.id]);
  const bare = await law(() => as(guest).comments.update({ commentId: made.id, fileIds: [] }));
  expect(bare).toMatchObject({ body: "Look", attachmentIds: [] });
  await expect(as(guest).comments.update({ commentId: made.id, body: "" })).rejects.toMatchObject(
    refusal("validation.failed"),
  );
  const { items } = await as(guest).comments.history({ commentId: made.id });
  expect(items).toMatchObject([{ from: "See", to: "Look" }]); // of words only
  for (const { id } of [a, b, c]) expect(await as(guest).files.get({ fileId: id })).toMatchObject({ id });
});

test("what is internal is attached to internal comments, and nothing else is", async () => {
  const { files, task, guest, insider, owner, file, law, as } = await given();
  const [open, secret] = [await file(insider), await file(insider, { internal: "true" })];
  const say = (part: object) => as(insider).comments.create({ taskId: task.id, body: "See", ...part });
  await expect(say({ fileIds: [secret.id] })).rejects.toMatchObject(rule("comment.mixed-file"));
  await expect(say({ fileIds: [open.id], internal: true })).rejects.toMatchObject(rule("comment.mixed-file"));
  const comment = await law(() => say({ fileIds: [secret.id], internal: true }));
  expect(comment.attachmentIds).toEqual([secret.id]);
  await expect(
    as(insider).comments.update({ commentId: comment.id, fileIds: [secret.id, open.id] }),
  ).rejects.toMatchObject(rule("comment.mixed-file"));
  await expect(as(guest).comments.create({ taskId: task.id, fileIds: [secret.id] })).rejects.toMatchObject(
    refusal("not-found"),
  );
  const seen = [
    await as(guest).comments.list({ taskId: task.id }),
    (await files.snapshot(guest, `task:${task.id}`)).toJSON(),
    (await files.snapshot(guest, `project:${task.projectId}`)).toJSON(),
    await files.changes(`task:${task.id}`),
    await files.changes(`project:${task.projectId}`),
  ];
  expect(JSON.stringify(seen)).not.toContain(secret.id);
  expect(JSON.stringify((await files.snapshot(owner, `task-internal:${task.id}`)).toJSON())).toContain(secret.id);
});

test("files of other tasks, of nobody, and locked ones are refused, and nothing is said", async () => {
  const { files, project, organization, task, owner, file, as } = await given();
  const second = await as(owner).tasks.create({ projectId: project.id, title: "Second" });
  const elsewhere = await files.file(owner, { taskId: second.id }, "x");
  const ofProject = await files.file(owner, { projectId: project.id }, "x");
  const ofOrganization = await files.file(owner, { organizationId: organization.id }, "x");
  const stranger = await files.board();
  const foreign = await files.file(stranger.owner, { taskId: stranger.task.id }, "x");
  const locked = await file(owner);
  await files.app.sql.query(
    "update files.blobs set state = 'locked' where id = (select blob_id from files.versions where file_id = $1)",
    [locked.id],
  );
  const head = await files.head(`task:${task.id}`);
  const attach = (fileId: string) => as(owner).comments.create({ taskId: task.id, body: "See", fileIds: [fileId] });
  for (const { id } of [elsewhere, ofProject, ofOrganization, foreign])
    await expect(attach(id)).rejects.toMatchObject(refusal("not-found"));
  await expect(attach(crypto.randomUUID())).rejects.toMatchObject(refusal("not-found"));
  await expect(attach(locked.id)).rejects.toMatchObject(rule("file.locked"));
  const many = Array.from({ length: 21 }, () => crypto.randomUUID());
  await expect(as(owner).comments.create({ taskId: task.id, fileIds: many })).rejects.toMatchObject({
    code: "BAD_REQUEST",
  });
  expect(await files.head(`task:${task.id}`)).toBe(head);
});

test("a file that is deleted leaves the comments that carried it, and they tell", async () => {
  const { files, task, guest, owner, file, law, as } = await given();
  const [a, b] = [await file(guest), await file(guest)];
  const one = await as(guest).comments.create({ taskId: task.id, body: "See", fileIds: [a.id, b.id] });
  const two = await as(owner).comments.create({ taskId: task.id, body: "This?", fileIds: [b.id] });
  const head = await files.head(`task:${task.id}`);
  await law(() => as(guest).files.delete({ fileId: b.id }));
  const { items } = await as(owner).comments.list({ taskId: task.id });
  expect(items).toEqual([
    { ...one, attachmentIds: [a.id] },
    { ...two, attachmentIds: [] },
  ]);
  const told = await files.changes(`task:${task.id}`, head);
  expect(told.map(({ type, patch }) => [type, patch])).toEqual([
    ["comment.detached", { attachmentIds: [a.id] }],
    ["comment.detached", { attachmentIds: [] }],
  ]);
  expect(await as(guest).comments.update({ commentId: one.id, body: "Seen", version: 1 })).toMatchObject({
    attachmentIds: [a.id],
  });
});

test("with a comment go the files that came with it and with nothing else", async () => {
  const { files, project, task, guest, owner, file, law, as } = await given();
  const own = await file(guest);
  const shared = await file(guest);
  const foreign = await file(owner);
  const continued = await file(guest);
  await files.file(owner, { fileId: continued.id }, "more");
  const fileIds = [own, shared, foreign, continued].map(({ id }) => id);
  const comment = await as(guest).comments.create({ taskId: task.id, body: "See", fileIds });
  const other = await as(owner).comments.create({ taskId: task.id, body: "Oh", fileIds: [shared.id] });

  const deleted = await law(() => as(guest).comments.delete({ commentId: comment.id }));

  expect(deleted).toMatchObject({ body: "", attachmentIds: [], deletedAt: expect.any(String) });
  expect(await as(owner).comments.get({ commentId: other.id })).toEqual(other);
  const left = (await as(owner).files.list({ projectId: project.id, taskId: task.id })).items.map(({ id }) => id);
  expect(left.toSorted()).toEqual([shared.id, foreign.id, continued.id].toSorted());
  expect(await as(guest).comments.delete({ commentId: comment.id })).toEqual(deleted); // repeated
});

test("a comment can be taken back without its files", async () => {
  const { task, guest, owner, file, law, as } = await given();
  const kept = await file(guest);
  const comment = await as(guest).comments.create({ taskId: task.id, fileIds: [kept.id] });
  await law(() => as(owner).comments.delete({ commentId: comment.id, keepFiles: true }));
  expect(await as(guest).files.get({ fileId: kept.id })).toEqual(kept);
});

test("a file that is deleted while it is attached is attached to nothing", async () => {
  const { files, task, guest, file, as } = await given();
  for (let round = 0; round < 10; round += 1) {
    const { id } = await file(guest);
    const comment = await as(guest).comments.create({ taskId: task.id, body: "See" });
    await Promise.allSettled([
      as(guest).comments.create({ taskId: task.id, body: "Here", fileIds: [id] }),
      as(guest).comments.update({ commentId: comment.id, fileIds: [id] }),
      as(guest).files.delete({ fileId: id }),
    ]);
  }
  const replayed = await files.snapshot(guest, `task:${task.id}`);
  expect(JSON.stringify(replayed.toJSON())).toContain("attachmentIds");
  const told = new Map<string, unknown>();
  for (const { entityId, patch } of await files.changes(`task:${task.id}`))
    if ("attachmentIds" in patch) told.set(entityId, patch["attachmentIds"]);
  const { items } = await as(guest).comments.list({ taskId: task.id, limit: 200 });
  expect(items.map(({ id, attachmentIds }) => [id, attachmentIds])).toEqual(items.map(({ id }) => [id, told.get(id)]));
  expect(items.flatMap(({ attachmentIds }) => attachmentIds)).toEqual([]);
});

test("tasks and projects take comments and what they carry along", async () => {
  const { project, task, owner, guest, file, as } = await given();
  const { id } = await file(guest);
  await as(guest).comments.create({ taskId: task.id, fileIds: [id] });
  await as(owner).tasks.delete({ taskId: task.id });
  await as(owner).tasks.purge({ taskId: task.id });
  await expect(as(guest).files.get({ fileId: id })).rejects.toMatchObject(refusal("not-found"));

  const second = await as(owner).tasks.create({ projectId: project.id, title: "Second" });
  const other = await scene().file(owner, { taskId: second.id }, "x");
  await as(owner).comments.create({ taskId: second.id, fileIds: [other.id] });
  await as(owner).projects.delete({ projectId: project.id });
  await expect(as(owner).files.get({ fileId: other.id })).rejects.toMatchObject(refusal("not-found"));
});
