import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { eicar, startClamd } from "../../testing/clamd.ts";
import { discussion } from "./receive-mail.fixture.ts";
import { receiveMail } from "./receive-mail.ts";
import { replyAddress } from "./reply-address.ts";

const picture = { filename: "plan.png", content: Buffer.from("89504e470d0a1a0a0000000d49484452", "hex") };

type Discussion = Awaited<ReturnType<typeof discussion>>;
const filesOf = async ({ caller, project, task }: Discussion) =>
  (await caller.files.list({ projectId: project.id, taskId: task.id })).items;
/** What is neither a file nor given back. */
const openUploads = ({ app }: Discussion) =>
  app.sql.query("select name from files.uploads where completed_file_id is null");

test("an answer with a picture becomes a comment that carries it, once", async () => {
  const of = await discussion();
  const { scene, task, project, member, caller, compose } = of;
  const raw = await compose({ attachments: [picture] });
  const channels = [
    [`task:${task.id}`, member],
    [`project:${project.id}`, member],
  ] as const;

  const [received, ...others] = await scene.expectLaw(channels, () =>
    Promise.all([raw, raw, raw].map((again) => receiveMail(scene.ctx(null), again))),
  );

  expect(received).toMatchObject({ outcome: "commented", reason: null });
  expect(others).toEqual([received, received]);
  const [file, ...more] = await filesOf(of);
  expect(more).toEqual([]);
  expect(file).toMatchObject({ name: "plan.png", mediaType: "image/png", createdById: member.userId, internal: false });
  const comment = await caller.comments.get({ commentId: received?.commentId as string });
  expect(comment).toMatchObject({ body: "I like it.", attachmentIds: [file?.id] });
  expect(await receiveMail(scene.ctx(null), raw)).toEqual(received);
  expect([await filesOf(of), await openUploads(of)]).toEqual([[file], []]);
});

test("it needs no words, and is as internal as the thread", async () => {
  const of = await discussion();
  const { app, caller, task, member, receive } = of;
  const hidden = await caller.comments.create({ taskId: task.id, body: "Between us", internal: true });
  const answered = { kind: "comment", id: hidden.id, userId: member.userId } as const;
  const to = replyAddress(app.config, "reply.example.test", answered);
  const { commentId } = await receive({ to, text: "", attachments: [picture] });
  expect(await caller.comments.get({ commentId: commentId as string })).toMatchObject({ body: "", internal: true });
  expect(await filesOf(of)).toMatchObject([{ name: "plan.png", internal: true }]);
});

test("what is only part of a mail's looks stays out", async () => {
  const of = await discussion();
  await of.receive({
    html: '<p>I like it.</p><img src="cid:logo@x"><img src="cid:photo@x">',
    attachments: [
      { filename: "logo.png", content: randomBytes(900), cid: "logo@x", contentDisposition: "inline" },
      { filename: "photo.png", content: randomBytes(9_000), cid: "photo@x", contentDisposition: "inline" },
      { filename: "signature.asc", content: "-----BEGIN PGP", contentType: "application/pgp-signature" },
    ],
  });
  expect((await filesOf(of)).map(({ name }) => name)).toEqual(["photo.png"]);
});

test("what uploads may not be is left out and named, and takes no space", async () => {
  const clamd = await startClamd();
  onTestFinished(clamd.close);
  const of = await discussion({ FILE_SIZE_LIMIT_MIB: "1", CLAMD_URL: clamd.url });
  const many = Array.from({ length: 21 }, (_, nth) => ({ filename: `${nth}.txt`, content: `${nth}` }));
  const attachments = [
    { filename: "big.bin", content: randomBytes(1_100_000) },
    { filename: "evil`.txt", content: eicar },
    ...many,
  ];
  const { outcome, commentId } = await of.receive({ attachments });
  expect(outcome).toBe("commented");
  const { body, attachmentIds } = await of.caller.comments.get({ commentId: commentId as string });
  expect(body.split("\n\n")).toEqual([
    "I like it.",
    "Not taken from the mail: `big.bin`. A file may have 1 MiB at most.",
    "Not taken from the mail: `evil'.txt`. Something harmful was found in it.",
    "Not taken from the mail: `20.txt`. A comment has 20 files at most.",
  ]);
  expect(attachmentIds).toHaveLength(20);
  expect(await openUploads(of)).toEqual([]);

  const nothingElse = { text: "", attachments: [{ filename: "evil.txt", content: eicar }] };
  expect(await of.receive(nothingElse)).toMatchObject({ outcome: "refused", reason: "rule.broken" });
  clamd.works = false;
  await expect(of.receive({ attachments: [picture] })).rejects.toMatchObject({ code: "upstream.down" });
  expect((await filesOf(of)).length).toBe(20);
});

test("who may not upload leaves nothing behind", async () => {
  const of = await discussion();
  const { items } = await of.caller.projectMembers.list({ projectId: of.project.id });
  const grant = items.find(({ userId }) => userId === of.member.userId);
  await of.caller.projectMembers.updateRole({ projectMemberId: grant?.id as string, role: "viewer" });
  const received = await of.receive({ attachments: [picture] });
  expect(received).toMatchObject({ outcome: "refused", reason: "access.denied" });
  expect([await filesOf(of), await openUploads(of)]).toEqual([[], []]);
});
