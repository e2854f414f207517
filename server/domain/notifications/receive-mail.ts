import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError, notFound } from "../../errors.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { createComment } from "../comments/create-comment.ts";
import { publishFile } from "../files/publish-file.ts";
import { discard, type Stored } from "../files/receive-file.ts";
import { type IncomingMail, readMail } from "./incoming-mail.ts";
import { storeAttachments, wordsOf } from "./mail-attachments.ts";
import { type ReplyTarget, readReplyAddress } from "./reply-address.ts";
import { suppressAddress } from "./suppressed-address.ts";

export const receivedSchema = z.object({
  outcome: z.enum(["commented", "bounced", "complained", "ignored", "refused"]),
  /** Why nothing came of it: a code of the error table, or one of ours. */
  reason: z.string().nullable(),
  commentId: z.uuid().nullable(),
});
export type Received = z.output<typeof receivedSchema>;

const nothing = (outcome: "ignored" | "refused", reason: string): Received => ({ outcome, reason, commentId: null });

/**
 * Takes a mail that arrived (RFC 5322): an answer to a letter becomes a comment of the person it was sent to, with the
 * rights they have now; a notice that a letter will never arrive, or that its reader calls it abuse, suppresses its
 * address. What else machines send on their own is ignored, and the same mail acts once.
 *
 * @throws AppError `upstream.down` | `internal`: then it is to be handed over again
 */
export async function receiveMail(ctx: PublicCtx, raw: Buffer): Promise<Received> {
  const mail = await readMail(raw).catch(() => null);
  if (!mail) return nothing("ignored", "no-mail");
  if (mail.failedForGood) return takeBounce(ctx, mail, mail.failedForGood);
  if (mail.complainedOf) return takeComplaint(ctx, mail.complainedOf);
  if (mail.isAutomatic) return nothing("ignored", "automatic");
  const target = mail.recipients.map((address) => readReplyAddress(ctx.app.config, address)).find(Boolean);
  if (!target) return nothing("ignored", "not-for-us");
  const userId = mail.from ? await findPerson(ctx, mail.from) : null;
  if (!userId || !target.wasGivenTo(userId)) return nothing("refused", "not-theirs-to-answer");
  if (!mail.messageId) return nothing("refused", "no-message-id");
  if (!mail.reply && mail.attachments.length === 0) return nothing("ignored", "empty");
  return comment(actingAs(ctx, { userId, sessionId: NIL }), mail, target);
}

const letterStatement = statement(
  "mail.bounced-letter",
  "select address from notifications.sent_letters where code = $1",
);

/** Believed only when it comes to an address that nobody can know but who was sent the letter. */
async function takeBounce(ctx: PublicCtx, { recipients }: IncomingMail, status: string): Promise<Received> {
  const domain = ctx.app.config.MAIL_REPLY_DOMAIN;
  for (const address of recipients) {
    const [, code, at] = /^bounce\+([a-z0-9-]+)@(.+)$/.exec(address) ?? [];
    if (!code || at !== domain) continue;
    const [letter] = await ctx.sql.query<{ address: string }>(letterStatement, [code]);
    if (!letter) continue;
    await suppressAddress(ctx, letter.address, "bounce", `delivery failed: ${status}`);
    return { outcome: "bounced", reason: null, commentId: null };
  }
  return nothing("ignored", "not-for-us");
}

const complainedStatement = statement(
  "mail.complained-letter",
  "select address from notifications.sent_letters where code = any($1::text[]) limit 1",
);

/** Believed because it names the letter by what nobody can know but who was sent it. */
async function takeComplaint(ctx: PublicCtx, codes: readonly string[]): Promise<Received> {
  const [letter] = await ctx.sql.query<{ address: string }>(complainedStatement, [codes]);
  if (!letter) return nothing("ignored", "not-for-us");
  await suppressAddress(ctx, letter.address, "complaint", "its reader calls our mail abuse");
  return { outcome: "complained", reason: null, commentId: null };
}

const personStatement = statement(
  "mail.sender",
  "select id from auth.users where email = $1 and kind = 'person' and disabled_at is null",
);
async function findPerson(ctx: PublicCtx, email: string): Promise<string | null> {
  const [person] = await ctx.sql.query<{ id: string }>(personStatement, [email]);
  return person?.id ?? null;
}

const beginStatement = statement(
  "mail.begin",
  `insert into notifications.received_mail (hash, outcome) values ($1, 'commented') on conflict (hash) do nothing returning 1`,
);
const endStatement = statement("mail.end", "update notifications.received_mail set comment_id = $2 where hash = $1");
const refuseStatement = statement(
  "mail.refuse",
  "insert into notifications.received_mail (hash, outcome) values ($1, $2) on conflict (hash) do nothing",
);
const earlierStatement = statement(
  "mail.earlier",
  `select outcome, comment_id as "commentId" from notifications.received_mail where hash = $1`,
);
const placeStatement = statement(
  "mail.answered-comment",
  `select task_id as "taskId", coalesce(thread_id, id) as "threadId", internal from comments.comments where id = $1`,
);

/** Where a comment is to stand. */
interface Place {
  taskId: string;
  threadId: string | null;
  internal: boolean;
}

async function placeOf(ctx: Ctx, { kind, id }: ReplyTarget): Promise<Place> {
  if (kind === "task") return { taskId: id, threadId: null, internal: false };
  const [place] = await ctx.sql.query<Place>(placeStatement, [id]);
  if (!place) throw notFound("comment", id);
  return place;
}

async function comment(ctx: Ctx, mail: IncomingMail, target: ReplyTarget): Promise<Received> {
  const hash = hashOfSecret(`${mail.from}\n${mail.messageId}`);
  const known = await findEarlier(ctx, hash);
  if (known) return known;
  try {
    const place = await placeOf(ctx, target);
    const { stored, leftOut } = await storeAttachments(ctx, place, mail.attachments);
    if (!mail.reply && stored.length === 0 && leftOut[0]) throw leftOut[0].error;
    const body = [...(mail.reply ? [commentBodyOf(mail.reply)] : []), ...wordsOf(leftOut)].join("\n\n");
    try {
      const received = await publish(ctx, hash, { ...place, body }, stored);
      if (received) return received;
    } finally {
      for (const { upload } of stored) await discard(ctx, upload); // published ones stay
    }
    return (await findEarlier(ctx, hash)) as Received; // the same mail was taken meanwhile
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    await ctx.sql.query(refuseStatement, [hash, `refused: ${error.code}`]);
    return nothing("refused", error.code);
  }
}

/** With room for what is to be said of attachments. */
const commentBodyOf = (reply: string) => reply.slice(0, 40_000).toWellFormed().replaceAll("\u0000", "");

/** The files and the comment that carries them, together or not at all; null when the mail was taken before. */
const publish = (
  ctx: Ctx,
  hash: string,
  comment: Place & { body: string },
  stored: readonly Stored[],
): Promise<Received | null> =>
  inTransaction(ctx, async (ctx) => {
    const [isNew] = await ctx.sql.query(beginStatement, [hash]);
    if (!isNew) return null;
    const fileIds: string[] = [];
    for (const { upload, measure } of stored) fileIds.push((await publishFile(ctx, upload, measure)).id);
    const said = await createComment(ctx, { ...comment, fileIds, quotedId: null });
    await ctx.sql.query(endStatement, [hash, said.id]);
    return { outcome: "commented", reason: null, commentId: said.id };
  });

async function findEarlier(ctx: Ctx, hash: string): Promise<Received | null> {
  const [row] = await ctx.sql.query<{ outcome: string; commentId: string | null }>(earlierStatement, [hash]);
  if (!row) return null;
  const reason = row.outcome.startsWith("refused: ") ? row.outcome.slice("refused: ".length) : null;
  return { outcome: reason ? "refused" : "commented", reason, commentId: row.commentId };
}
