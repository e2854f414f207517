import fc from "fast-check";
import { expect, test } from "vitest";
import { TaskwireError } from "./errors.ts";
import { followChannel, type Status } from "./follow-channel.ts";
import { applyChanges, type Entities, entitiesOf, noEntities } from "./reducer.ts";
import type { Transport } from "./transport.ts";
import type { Change, Position, Snapshot } from "./types.ts";

const channel = "project:0192f0c0-0000-7000-8000-000000000001";

type Question = { settle(lost: boolean): void };
type Frame = { epoch: string; from: number; to: number; changes: Change[] };

/** A server with one channel behind a network that a script controls: what is sent stays under way until it says so. */
function buildWorld() {
  let life = 1;
  let feed: Change[] = [];
  let joined = false;
  let connected = false;
  const questions: Question[] = [];
  const frames: Frame[] = [];
  const naps: (() => void)[] = [];
  const epoch = () => `life-${life}`;
  const truth = () => applyChanges(noEntities, feed);

  /** What the client was told since its last reset. */
  let copy: Entities = noEntities;
  let heard: string[] = [];
  const told: string[][] = [];
  let status: Status = "connecting";

  function ask<T>(online: boolean, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      questions.push({
        settle(lost) {
          if (online && !connected) lost = true;
          try {
            const answered = answer(); // the server acts, even if its answer is lost
            if (lost) reject(new TaskwireError("network", "lost"));
            else resolve(answered);
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  function position({ epoch: of, seq }: { epoch: string; seq: number }): Position {
    if (of !== epoch() || seq > feed.length || feed.length - seq > 20)
      return { epoch: epoch(), head: feed.length, resync: true };
    return { epoch: epoch(), head: feed.length, changes: feed.slice(seq) };
  }

  const transport: Transport = {
    snapshot: () =>
      ask(false, (): Snapshot => {
        const entities = Object.fromEntries(
          Object.entries(truth()).map(([name, views]) => [name, [...views.values()]]),
        );
        return { epoch: epoch(), seq: feed.length, entities };
      }),
    join: (_, cursor) =>
      ask(true, () => {
        const answer = position(cursor);
        joined = connected && !answer.resync;
        return answer;
      }),
    pull: (_, cursor) => ask(true, () => position(cursor)),
    leave: () => {
      joined = false;
    },
    pause: (_, signal) =>
      new Promise((resolve) => {
        naps.push(resolve);
        signal.addEventListener("abort", () => resolve());
      }),
  };

  const follower = followChannel(channel, transport, {
    reset(snapshot) {
      copy = entitiesOf(snapshot.entities);
      heard = [`${snapshot.epoch}@${snapshot.seq}`];
      told.push(heard);
    },
    apply(changes) {
      copy = applyChanges(copy, changes);
      heard.push(...changes.map((change) => change.id));
    },
    status: (next) => {
      status = next;
    },
    joined: () => {},
    ended: () => {},
  });

  function change(op: Change["op"], entityId: string): void {
    const seq = feed.length + 1;
    const id = `${epoch()}#${seq}`;
    const patch = op === "delete" ? {} : op === "create" ? { id: entityId, title: id } : { title: id };
    const made = {
      channel,
      seq,
      id,
      at: "",
      actorId: null,
      type: "task.updated",
      entity: "task",
      op,
      entityId,
      patch,
    } as const;
    feed.push(made);
    if (joined) frames.push({ epoch: epoch(), from: seq - 1, to: seq, changes: [made] });
  }

  const take = <T>(list: T[], at: number): T | undefined => list.splice(at % Math.max(list.length, 1), 1)[0];

  function disconnect(): void {
    if (!connected) return;
    connected = false;
    joined = false;
    follower.disconnected();
  }

  function connect(): void {
    if (connected) return;
    connected = true;
    follower.connected();
  }

  const script = {
    change: (at: number) => change((["create", "update", "update", "delete"] as const)[at % 4]!, `task-${at % 5}`),
    answer: (at: number) => take(questions, at)?.settle(false),
    loseAnswer: (at: number) => take(questions, at)?.settle(true),
    frame(at: number) {
      const frame = take(frames, at);
      if (frame) follower.frame(frame);
    },
    loseFrame: (at: number) => take(frames, at),
    doubleFrame(at: number) {
      const frame = frames[at % Math.max(frames.length, 1)];
      if (frame) follower.frame(frame);
    },
    heads: () => joined && follower.head(feed.length),
    wake: (at: number) => take(naps, at)?.(),
    disconnect,
    connect,
    close() {
      joined = false;
      follower.closed("resync");
    },
    /** Comes back from a backup that lacks the last commits. */
    restore(at: number) {
      disconnect();
      life += 1;
      feed = feed.slice(0, Math.max(0, feed.length - (at % 4)));
    },
  };

  /** Lets a calm network do its work, until nothing is under way any more. */
  async function calm(): Promise<void> {
    for (let quiet = 0; quiet < 5; ) {
      connect();
      const busy = questions.length + frames.length + naps.length;
      for (const frame of frames.splice(0)) follower.frame(frame);
      for (const question of questions.splice(0)) question.settle(false);
      for (const wake of naps.splice(0)) wake();
      await tick();
      script.heads();
      await tick();
      quiet = busy + questions.length + frames.length + naps.length === 0 ? quiet + 1 : 0;
    }
  }

  return { script, calm, follower, truth, told, copy: () => copy, status: () => status, length: () => feed.length };
}

/** Lets every promise that can go on do so. */
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

type Script = ReturnType<typeof buildWorld>["script"];
const step = fc.record({
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<(keyof Script)[]>("change", "frame", "answer") },
    {
      weight: 2,
      arbitrary: fc.constantFrom<(keyof Script)[]>("loseFrame", "doubleFrame", "loseAnswer", "wake", "heads"),
    },
    { weight: 1, arbitrary: fc.constantFrom<(keyof Script)[]>("connect", "disconnect", "close", "restore") },
  ),
  at: fc.nat(50),
  settled: fc.boolean(),
});

test("a channel that is closed in the turn in which its join is answered is joined again", async () => {
  const world = buildWorld();
  world.script.connect();
  world.script.answer(0); // the snapshot
  await tick();
  world.script.answer(0); // the join
  world.script.close();
  await world.calm();
  world.script.change(0);
  await world.calm();
  expect(world.copy().task?.size).toBe(1);
});

test("whatever is lost, doubled, late or restarted, the copy becomes the truth, and each change is told once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 200, size: "max" }), async (steps) => {
      const world = buildWorld();
      world.script.connect();
      if (steps.length % 2 === 0) await world.calm();
      for (const { what, at, settled } of steps) {
        world.script[what](at);
        if (settled) await tick();
      }
      await world.calm();

      expect(world.status()).toBe("live");
      expect(Object.fromEntries(world.copy().task)).toEqual(Object.fromEntries(world.truth().task));
      for (const [start, ...ids] of world.told) {
        const [epoch, from] = start!.split("@") as [string, string];
        expect(ids).toEqual(ids.map((_, at) => `${epoch}#${Number(from) + at + 1}`));
      }
    }),
    { numRuns: 400 },
  );
});
