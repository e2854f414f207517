import fc from "fast-check";
import { expect, test } from "vitest";
import { graphemes, plainText } from "./plain-text.ts";
import { pushMessage } from "./push.message.ts";
import type { RenderedDelivery, RenderedItem } from "./render-delivery.ts";

const id = "0199a000-0000-7000-8000-000000000001";
const item: Omit<RenderedItem, "title" | "body" | "excerptHtml"> = {
  ...{
    notificationId: id,
    event: "commented" as const,
    commentId: id,
    actorName: "Ada",
    at: "2026-11-25T12:00:00.000Z",
  },
  url: `https://tasks.${"long-name-of-a-company.".repeat(8)}example/tasks/${id}?comment=${id}`,
};
const deliveryOf = (items: RenderedItem[]) =>
  ({ deliveryId: id, threadKey: `timesheet-submitted:${id}`, items }) as unknown as RenderedDelivery;

/** Emoji of several code points, flags, letters with marks, text from right to left, what JSON escapes, half characters. */
const characters = [
  "👩‍👩‍👧‍👦",
  "🏳️‍🌈",
  "🇩🇪",
  "e\u0301",
  "\u0e01\u0e33",
  "क्षि",
  "שלום ",
  "بريد",
  "\u202E",
  "\u0000",
  '"',
  "\\",
  "\n",
  "<",
  "&",
  "\uD83D",
  "漢",
];
const words = fc
  .array(fc.oneof(fc.constantFrom(...characters), fc.string({ unit: "binary" })), { maxLength: 400 })
  .map((parts) => parts.join(""));
const items = fc.array(
  fc.record({ title: words, body: words, excerptHtml: fc.option(words) }).map((said) => ({ ...item, ...said })),
  { minLength: 1, maxLength: 30 },
);

test("whatever people write, a message is 3 KiB at most, and valid", () => {
  fc.assert(
    fc.property(items, (items) => {
      const payload = JSON.stringify(pushMessage(deliveryOf(items)));
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(3_072);
      expect(JSON.parse(payload).title.length).toBeGreaterThanOrEqual(items[0]?.title === "" ? 0 : 1);
    }),
    { numRuns: 300 },
  );
});

test("titles and bodies are cut between what people see as characters", () => {
  fc.assert(
    fc.property(fc.constantFrom(...characters.slice(0, 6)), fc.nat(9), (character, offset) => {
      const text = "x".repeat(offset) + character.repeat(400);
      const { title, body } = pushMessage(deliveryOf([{ ...item, title: text, body: text, excerptHtml: null }]));
      const whole = new Set([...graphemes.segment(text)].map(({ segment }) => segment));
      for (const cut of [title, body, plainText(text)]) {
        expect(cut.endsWith("…") && cut.length > 1).toBe(true);
        const kept = [...graphemes.segment(cut.slice(0, -1))].map(({ segment }) => segment);
        expect(kept.filter((segment) => !whole.has(segment))).toEqual([]);
      }
    }),
  );
});

test("a short one stays as it is", () => {
  const said = { title: "WEB-1 First", body: "Ada commented", excerptHtml: "<p>Fine &amp; <b>good</b></p>" };
  expect(pushMessage(deliveryOf([{ ...item, ...said }]))).toMatchObject({
    title: "WEB-1 First",
    body: "Ada commented: Fine & good",
  });
});
