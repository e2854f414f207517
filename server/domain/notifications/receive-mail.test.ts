import MailComposer from "nodemailer/lib/mail-composer/index.js";
import { describe, expect, test } from "vitest";
import { readMail } from "./incoming-mail.ts";
import { discussion, domain, type Mail } from "./receive-mail.fixture.ts";
import { receiveMail } from "./receive-mail.ts";
import { replyAddress, replyLine } from "./reply-address.ts";

test("an answer becomes a comment in the thread, once, without what it quotes", async () => {
  const { scene, task, comment, member, compose, caller } = await discussion();
  const raw = await compose({
    text: `I like it.\n\nLet us *begin*.\n\n${replyLine}\n\nOn Monday Taskwire wrote:\n> What do you think?\n`,
  });
  const received = await scene.expectLaw([[`task:${task.id}`, member]], () => receiveMail(scene.ctx(null), raw));
  expect(received).toMatchObject({ outcome: "commented", reason: null });
  expect(await caller.comments.get({ commentId: received.commentId as string })).toMatchObject({
    body: "I like it.\n\nLet us *begin*.",
    threadId: comment.id,
    authorId: member.userId,
  });
  const head = await scene.head(`task:${task.id}`);
  expect(await receiveMail(scene.ctx(null), raw)).toEqual(received);
  expect(await Promise.all([raw, raw, raw].map((again) => receiveMail(scene.ctx(null), again)))).toEqual([
    received,
    received,
    received,
  ]);
  expect(await scene.head(`task:${task.id}`)).toBe(head);
});

test("an answer to a letter about a task begins a thread", async () => {
  const { app, task, member, receive, caller } = await discussion();
  const to = replyAddress(app.config, domain, { kind: "task", id: task.id, userId: member.userId });
  const { commentId } = await receive({ to });
  expect(await caller.comments.get({ commentId: commentId as string })).toMatchObject({
    threadId: null,
    body: "I like it.",
  });
});

describe("nothing comes of", () => {
  test.for<[string, Mail | ((of: Awaited<ReturnType<typeof discussion>>) => Mail), string, string]>([
    ["a notice of absence", { headers: { "Auto-Submitted": "auto-replied" } }, "ignored", "automatic"],
    ["a mailing list", { headers: { Precedence: "list" } }, "ignored", "automatic"],
    ["a list by its id", { headers: { "List-Id": "<all.example.test>" } }, "ignored", "automatic"],
    ["a bounce without a sender", { headers: { "Return-Path": "<>" } }, "ignored", "automatic"],
    ["another address", { to: `someone@${domain}` }, "ignored", "not-for-us"],
    ["another domain", ({ address }) => ({ to: address.replace(domain, "evil.example") }), "ignored", "not-for-us"],
    [
      "a changed proof",
      ({ address }) => ({ to: address.replace(/.(?=.{9}@)/, (sign) => (sign === "a" ? "b" : "a")) }),
      "refused",
      "not-theirs-to-answer",
    ],
    ["another sender", { from: "mallory@example.test" }, "refused", "not-theirs-to-answer"],
    [
      "two senders",
      ({ member }) => ({ from: `${member.email}, mallory@example.test` }),
      "refused",
      "not-theirs-to-answer",
    ],
    ["nothing new", { text: `\n\n${replyLine}\n> What do you think?` }, "ignored", "empty"],
  ])("%s", async ([, mail, outcome, reason]) => {
    const of = await discussion();
    expect(await of.receive(typeof mail === "function" ? mail(of) : mail)).toEqual({
      outcome,
      reason,
      commentId: null,
    });
    expect(await of.bodies()).toEqual(["What do you think?"]);
  });
});

test("the rights of now count, and a refusal is remembered", async () => {
  const { receive, compose, scene, project, member, caller, bodies } = await discussion();
  const { items } = await caller.projectMembers.list({ projectId: project.id });
  const grant = items.find(({ userId }) => userId === member.userId);
  await caller.projectMembers.updateRole({ projectMemberId: grant?.id as string, role: "viewer" });
  expect(await receive()).toMatchObject({ outcome: "refused", reason: "access.denied" });
  await caller.projectMembers.remove({ projectMemberId: grant?.id as string });
  const raw = await compose();
  expect(await receiveMail(scene.ctx(null), raw)).toMatchObject({ outcome: "refused", reason: "not-found" });
  expect(await receiveMail(scene.ctx(null), raw)).toMatchObject({ outcome: "refused", reason: "not-found" });
  await scene.app.sql.query("update auth.users set disabled_at = now() where id = $1", [member.userId]);
  expect(await receive()).toMatchObject({ outcome: "refused", reason: "not-theirs-to-answer" });
  expect(await bodies()).toEqual(["What do you think?"]);
});

/** A delivery status notification (RFC 3464). */
const report = (to: string, action: string, status: string) =>
  Buffer.from(
    [
      "From: MAILER-DAEMON@mx.example.test",
      `To: ${to}`,
      "Auto-Submitted: auto-replied",
      "MIME-Version: 1.0",
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "It did not arrive.",
      "--b",
      "Content-Type: message/delivery-status",
      "",
      "Reporting-MTA: dns; mx.example.test",
      "",
      "Final-Recipient: rfc822; gone@example.test",
      `Action: ${action}`,
      `Status: ${status}`,
      "",
      "--b--",
      "",
    ].join("\r\n"),
  );

test("an address that a letter never reached gets no more, and no forged report says so", async () => {
  const { scene } = await discussion();
  await scene.app.sql.query(
    "insert into notifications.sent_letters (code, letter, address, state, sent_at) values ('abcdefgh234567', 'notification', 'gone@example.test', 'sent', now())",
  );
  const take = (to: string, action = "failed", status = "5.1.1") =>
    receiveMail(scene.ctx(null), report(to, action, status));
  const suppressed = () =>
    scene.app.sql.query("select address, reason, detail from notifications.suppressed_addresses");
  expect(await take(`bounce+unknown@${domain}`)).toMatchObject({ outcome: "ignored" });
  expect(await take("bounce+abcdefgh234567@evil.example")).toMatchObject({ outcome: "ignored" });
  expect(await take(`bounce+abcdefgh234567@${domain}`, "delayed", "4.4.1")).toMatchObject({ outcome: "ignored" });
  expect(await suppressed()).toEqual([]);
  expect(await take(`bounce+abcdefgh234567@${domain}`)).toMatchObject({ outcome: "bounced" });
  expect(await suppressed()).toEqual([
    { address: "gone@example.test", reason: "bounce", detail: "delivery failed: 5.1.1" },
  ]);
});

/** A complaint (RFC 5965), as the feedback loop of a provider sends it. */
const complaint = (type: string, messageId: string) =>
  Buffer.from(
    [
      "From: feedback@mx.example.test",
      `To: complaints@${domain}`,
      "Message-ID: <report@mx.example.test>",
      "MIME-Version: 1.0",
      'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "This is a report about a message.",
      "--b",
      "Content-Type: message/feedback-report",
      "",
      `Feedback-Type: ${type}`,
      "User-Agent: Provider/1.0",
      "Version: 1",
      "",
      "--b",
      "Content-Type: message/rfc822",
      "",
      "From: Taskwire <taskwire@example.test>",
      "To: <redacted>",
      `Message-ID:\r\n <${messageId}>`,
      "Subject: WEB-1 First",
      "",
      "Ada commented",
      "--b--",
      "",
    ].join("\r\n"),
  );

test("who calls a letter abuse gets no more, and no forged complaint says so", async () => {
  const { scene } = await discussion();
  const code = "abcdefghijklmnop234567ab";
  await scene.app.sql.query(
    "insert into notifications.sent_letters (code, letter, address, state, sent_at) values ($1, 'notification', 'angry@example.test', 'sent', now())",
    [code],
  );
  const take = (type: string, messageId: string) => receiveMail(scene.ctx(null), complaint(type, messageId));
  const suppressed = () => scene.app.sql.query("select address, reason from notifications.suppressed_addresses");
  for (const [type, messageId, reason] of [
    ["abuse", "bbbbbbbbbbbbbbbbbbbbbbbb@example.test", "not-for-us"], // of no letter of ours
    ["abuse", "hello@example.test", "not-for-us"],
    ["not-spam", `${code}@example.test`, "not-for-us"],
  ] as const)
    expect(await take(type, messageId)).toEqual({ outcome: "ignored", reason, commentId: null });
  expect(await suppressed()).toEqual([]);
  const complained = { outcome: "complained", reason: null, commentId: null };
  expect(await take("abuse", `${code}@example.test`)).toEqual(complained);
  expect(await take("abuse", `${code}@example.test`)).toEqual(complained);
  expect(await suppressed()).toEqual([{ address: "angry@example.test", reason: "complaint" }]);
});

test.for([
  [
    "Outlook",
    "Fine.\n\n________________________________\nFrom: Taskwire <x@y.test>\nSent: Monday\nTo: Ann\nSubject: First\n\nOld words",
  ],
  ["Gmail", "Fine.\n\nOn Mon, Nov 23, 2026 at 9:00 AM Taskwire <x@y.test> wrote:\n\n> Old words\n"],
  ["German", "Fine.\n\nAm 23.11.2026 um 09:00 schrieb Taskwire <x@y.test>:\n> Old words\n"],
  ["a signature", "Fine.\n\n-- \nAnn\nOld words"],
] as const)("quoted text is cut as %s writes it", async ([, text]) => {
  const raw = await new MailComposer({ from: "a@b.test", to: "c@d.test", text }).compile().build();
  expect((await readMail(raw)).reply).toBe("Fine.");
});
