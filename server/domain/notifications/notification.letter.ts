import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { type Answerable, defineLetter } from "../letters.ts";
import { letterHtml, letterText } from "./letter.html.ts";
import { finishDelivery, type RenderedDelivery, type RenderedItem, renderDelivery } from "./render-delivery.ts";
import { unsubscribeUrl } from "./unsubscribe.ts";

/** Tells somebody of one thing, of a burst on one task, or of all that gathered since the last digest. */
export const notificationLetter = defineLetter({
  name: "notification",
  input: z.strictObject({ deliveryId: z.uuid() }),
  async compose(ctx, { deliveryId }) {
    const delivery = await renderDelivery(ctx, deliveryId);
    if (!delivery) return null;
    const { person, threadKey } = delivery;
    const answerable = answerableOf(delivery);
    return {
      to: { name: person.name, address: person.email },
      subject: subjectOf(delivery),
      template: "notification",
      data: dataOf(delivery),
      ...(threadKey.startsWith("digest:") ? {} : { thread: threadKey }),
      messageKey: `delivery:${deliveryId}`,
      unsubscribeUrl: await unsubscribeUrl(ctx, delivery),
      ...(answerable ? { answerable } : {}),
    };
  },
  settle: (ctx: PublicCtx, { deliveryId }, outcome, detail) => finishDelivery(ctx, deliveryId, outcome, detail),
});

/** The same for all letters about a task, so that mail programs keep them together. */
function subjectOf({ items }: RenderedDelivery): string {
  const titles = new Set(items.map(({ title }) => title));
  const [first] = items;
  return titles.size === 1 && first ? first.title : `${items.length} updates`;
}

/** An answer goes into the thread of the latest comment, and is internal if that is; without one, onto the task. */
function answerableOf({ items, taskId, userId }: RenderedDelivery): Answerable | null {
  if (!taskId) return null;
  const commentId = items.findLast((item) => item.commentId)?.commentId;
  return commentId ? { kind: "comment", id: commentId, userId } : { kind: "task", id: taskId, userId };
}

function dataOf({ items, person, taskId }: RenderedDelivery) {
  const at = new Intl.DateTimeFormat(person.locale, {
    timeZone: person.timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  const groups = [...Map.groupBy(items, ({ title }) => title)].map(([title, items]) => ({
    title,
    url: items.at(-1)?.url,
    items: items.map((item) => ({
      ...wordsOf(item),
      body: item.body,
      url: item.url,
      at: at.format(new Date(item.at)),
    })),
  }));
  const last = items.at(-1) as RenderedItem;
  return {
    groups,
    isDigest: groups.length > 1,
    url: last.url,
    linkLabel: taskId ? "Open the task" : "Open it",
    preview: items
      .map(({ body, excerptHtml }) => [body, excerptHtml && letterText(excerptHtml)].filter(Boolean).join(": "))
      .join(" · ")
      .slice(0, 160),
  };
}

const wordsOf = ({ excerptHtml }: RenderedItem) => ({
  html: excerptHtml ? letterHtml(excerptHtml) : null,
  text: excerptHtml ? letterText(excerptHtml) : null,
});
