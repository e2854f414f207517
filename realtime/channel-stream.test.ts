import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredChange } from "../server/platform/feed.ts";
import { ChannelStream } from "./channel-stream.ts";

const change = (seq: number, text = ""): StoredChange => ({
  channel: "project:00000000-0000-7000-8000-000000000000",
  seq,
  id: `id-${seq}`,
  at: "2026-01-01T00:00:00.000Z",
  actorId: null,
  type: "task.moved",
  entity: "task",
  op: "update",
  entityId: "task",
  patch: { text },
  revokes: null,
});
const seqs = (changes: readonly { seq: number }[] | null) => changes?.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

/** What reaches a node about the changes 1 … n: any of them, in any order, again, or only as a number. */
const hints = (n: number) =>
  fc.array(fc.record({ seq: fc.integer({ min: 1, max: n }), bare: fc.boolean(), take: fc.boolean() }), {
    maxLength: 3 * n,
  });

describe("a stream", () => {
  test("hands out 1 … n in order, each once, whatever order, doubles and losses the hints have", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(fc.constant(n), hints(n))),
        ([n, said]) => {
          const stream = new ChannelStream(0);
          const out: number[] = [];
          const take = () => out.push(...stream.take().map(({ seq }) => seq));
          for (const { seq, bare, take: now } of said) {
            if (bare) stream.announce(seq);
            else stream.offer([change(seq)]);
            if (now) take();
          }
          stream.announce(n); // the poll of the heads
          take();
          while (stream.incomplete) {
            stream.offer([change(stream.cursor + 1), change(stream.cursor + 2)].filter(({ seq }) => seq <= n));
            take();
          }
          expect(out).toEqual(range(1, n));
          expect(stream.cursor).toBe(n);
        },
      ),
    );
  });

  test("is incomplete exactly while the next change is known and not there", () => {
    const stream = new ChannelStream(4);
    expect(stream.incomplete).toBe(false);
    stream.offer([change(6)]);
    expect(stream.incomplete).toBe(true);
    expect(stream.take()).toEqual([]);
    stream.offer([change(5)]);
    expect(stream.incomplete).toBe(false);
    expect(seqs(stream.take())).toEqual([5, 6]);
    stream.announce(7);
    expect(stream.incomplete).toBe(true);
  });

  test("recalls what follows any cursor, from memory or with rows of the feed, or says that it cannot", () => {
    fc.assert(
      fc.property(
        fc.record({
          begin: fc.integer({ min: 0, max: 30 }),
          handedOut: fc.integer({ min: 0, max: 30 }),
          since: fc.integer({ min: 0, max: 70 }),
          rowsFrom: fc.integer({ min: 1, max: 60 }),
          rowsTo: fc.integer({ min: 0, max: 60 }),
        }),
        ({ begin, handedOut, since, rowsFrom, rowsTo }) => {
          const stream = new ChannelStream(begin);
          stream.offer(range(begin + 1, begin + handedOut).map((seq) => change(seq)));
          stream.take();
          const rows = range(rowsFrom, Math.min(rowsTo, stream.cursor)).map((seq) => change(seq));
          const found = stream.recall(since, rows);
          const possible =
            since <= stream.cursor &&
            (since >= begin || (rows.length > 0 && rowsFrom <= since + 1 && rows.at(-1)!.seq >= begin));
          expect(seqs(found)).toEqual(possible ? range(since + 1, stream.cursor) : undefined);
        },
      ),
    );
  });

  test("keeps neither more changes nor more text than its bounds", () => {
    const many = new ChannelStream(0);
    many.offer(range(1, 1_500).map((seq) => change(seq)));
    expect(many.take()).toHaveLength(1_500);
    expect(many.recall(499)).toBeNull();
    expect(many.recall(500)).toHaveLength(1_000);

    const heavy = new ChannelStream(0);
    heavy.offer(range(1, 100).map((seq) => change(seq, "x".repeat(100_000))));
    heavy.take();
    expect(heavy.recall(0)).toBeNull();
    expect(seqs(heavy.recall(95))).toEqual(range(96, 100));
  });

  test("drops what is too far ahead rather than growing, and asks for it later", () => {
    const stream = new ChannelStream(0);
    stream.offer(range(2, 10_000).map((seq) => change(seq)));
    stream.offer([change(1)]);
    expect(stream.take().length).toBeLessThanOrEqual(2_001);
    expect(stream.incomplete).toBe(true);
  });
});
