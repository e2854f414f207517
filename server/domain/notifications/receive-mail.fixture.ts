import { randomUUID } from "node:crypto";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import type { Attachment } from "nodemailer/lib/mailer/index.js";
import { onTestFinished } from "vitest";
import type { Actor } from "../../context.ts";
import { openTestApp } from "../../testing/app.ts";
import { Scene } from "../../testing/scene.ts";
import { receiveMail } from "./receive-mail.ts";
import { replyAddress } from "./reply-address.ts";

export const domain = "reply.example.test";

export interface Mail {
  from?: string;
  to?: string;
  text?: string;
  html?: string;
  attachments?: Attachment[];
  headers?: Record<string, string>;
  messageId?: string;
}

/** A thread, somebody who may answer in it by mail, and what they send. */
export async function discussion(env: Record<string, string> = {}) {
  const { app, close } = await openTestApp({
    MAIL_REPLY_DOMAIN: domain,
    MAIL_INBOUND_SECRET: "a secret of sixteen",
    ...env,
  });
  onTestFinished(close);
  const scene = new Scene(app);
  const { owner, project, task } = await scene.board();
  const caller = scene.caller(owner);
  const comment = await caller.comments.create({ taskId: task.id, body: "What do you think?" });
  const person = await scene.person();
  const member: Actor & { email: string } = {
    ...(await scene.join(project.organizationId, person, "member")),
    email: person.email,
  };
  await caller.projectMembers.add({ projectId: project.id, userId: member.userId, role: "commenter" });
  const address = replyAddress(app.config, domain, { kind: "comment", id: comment.id, userId: member.userId });
  const compose = ({ headers = {}, ...mail }: Mail = {}): Promise<Buffer> =>
    new MailComposer({
      from: `Ann <${member.email.toUpperCase()}>`,
      to: `Taskwire <${address}>`,
      subject: "Re: First",
      text: "I like it.",
      messageId: `<${randomUUID()}@mail.example.test>`,
      headers,
      ...mail,
    })
      .compile()
      .build();
  const receive = async (mail?: Mail) => receiveMail(scene.ctx(null), await compose(mail));
  const bodies = async () => (await caller.comments.list({ taskId: task.id })).items.map(({ body }) => body);
  return { app, scene, owner, project, task, caller, comment, member, address, compose, receive, bodies };
}
