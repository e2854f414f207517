import * as fc from "fast-check";
import { expect } from "vitest";
import type { Actor } from "../server/context.ts";
import { readersOf } from "../server/domain/channels.ts";
import { takeSnapshot } from "../server/domain/snapshots.ts";
import type { Channel } from "../server/platform/feed.ts";
import { type Copy, copyOf } from "../server/testing/copy.ts";
import { entityOf, inputOf, procedures, type Values } from "../server/testing/procedures.ts";
import { type Scene, test } from "../server/testing/scene.ts";
import { buildWorld, plainTexts, type World } from "../server/testing/world.ts";

/** Mutations that end much at once come seldom, so that walks stay long. */
const isDestructive = (path: string) => /(delete|purge|remove|leave|archive|Everywhere)$/i.test(path);
const mutations = procedures
  .filter(({ type }) => type === "mutation")
  .flatMap((procedure) => (isDestructive(procedure.path) ? [procedure] : [procedure, procedure, procedure, procedure]));

const isKept = (channel: Channel) => /^(project|organization):/.test(channel);

/** Random values out of fast-check's generator, so that a failing walk can be repeated by its seed. */
function randomValues(world: World, gen: fc.GeneratorValue): Values {
  const pick = <T>(choices: readonly T[]): T => choices[gen(fc.nat, { max: choices.length - 1 })] as T;
  return {
    pick,
    id: (field) => pick(world.ids[entityOf(field)] ?? [crypto.randomUUID()]),
    channel: () => pick(world.channels),
    text: (field) =>
      field === "body"
        ? pick(["*Well*", "@watchers, look", `@[somebody](user:${pick(world.ids["user"] as string[])})`])
        : (plainTexts[field] ?? pick(["Alpha", "Beta", "Gamma", "Größe", "日本語"])),
    integer: (minimum, maximum) => gen(fc.integer, { min: minimum, max: maximum }),
  };
}

/** Everything that appeared in the feed can be named by later inputs. */
async function learnIds(scene: Scene, world: World): Promise<void> {
  const rows = await scene.app.sql.query<{ entity: string; id: string }>(
    "select distinct entity, entity_id as id from feed.changes where op = 'create'",
  );
  for (const { entity, id } of rows) {
    const known = world.ids[entity] ?? [];
    if (!known.includes(id)) world.ids[entity] = [...known, id];
  }
}

/** Anybody who may read a channel; undefined when nobody may any more. */
async function readerOf(scene: Scene, people: readonly Actor[], channel: Channel): Promise<Actor | undefined> {
  const userIds = people.map(({ userId }) => userId);
  const readers = await readersOf(scene.app.sql, channel, userIds);
  return people.find(({ userId }) => readers.has(userId));
}

/** A snapshot of a channel as seen by anybody who may; null when nobody may any more. */
async function snapshotOf(scene: Scene, people: readonly Actor[], channel: Channel): Promise<Copy | null> {
  const reader = await readerOf(scene, people, channel);
  return reader ? scene.snapshot(reader, channel) : null;
}

/** What is kept of a channel must be what a snapshot finds now, whatever was done in between. */
async function expectKept(scene: Scene, people: readonly Actor[], channel: Channel): Promise<void> {
  const reader = await readerOf(scene, people, channel);
  if (!reader) return;
  const [kept, fresh] = await Promise.all([takeSnapshot(scene.ctx(reader), channel), scene.snapshot(reader, channel)]);
  expect(copyOf(kept).toJSON(), `${channel} as kept at ${kept.seq}`).toEqual(fresh.toJSON());
}

test("whatever happens, a snapshot plus the changes after it is the snapshot later", async ({ scene }) => {
  const runs = Number(process.env["CONVERGENCE_RUNS"] ?? 6);
  let totalActed = 0;
  const walk = async (gen: fc.GeneratorValue) => {
    const world = await buildWorld(scene);
    const { owner } = world.people;
    const organizationId = world.ids["organization"]?.[0] as string;
    const another = await scene.caller(owner).projects.create({ organizationId, name: "Another" });
    world.ids["project"]?.push(another.id);
    world.channels.push(`project:${another.id}`, `project-time:${another.id}`);
    const people = Object.values(world.people).filter((actor) => actor !== null);
    world.ids["user"] = people.map(({ userId }) => userId);
    const channels = new Set<Channel>([...world.channels, ...people.map(({ userId }): Channel => `user:${userId}`)]);
    const begin = new Map<Channel, Copy>();
    for (const channel of channels) {
      const copy = await snapshotOf(scene, people, channel);
      if (copy) begin.set(channel, copy);
    }
    const expectAllKept = () =>
      Promise.all([...channels].filter(isKept).map((channel) => expectKept(scene, people, channel)));
    const seen: { channel: Channel; copy: Copy }[] = [];
    const look = async () => {
      for (const channel of channels) {
        const copy = await snapshotOf(scene, people, channel);
        if (copy) seen.push({ channel, copy });
      }
    };

    let acted = 0;
    await expectAllKept();
    for (let step = 0; step < 60; step += 1) {
      const procedure = mutations[gen(fc.nat, { max: mutations.length - 1 })] as (typeof mutations)[number];
      const values = randomValues(world, gen);
      // People of the project act more often than others.
      const actor = values.pick([
        ...people,
        world.people.owner,
        world.people.manager,
        world.people.editor,
        world.people.admin,
      ]);
      const input = procedure.input ? inputOf(procedure.input, values) : undefined;
      const before = acted;
      await procedure.call(scene.caller(actor), input).then(
        () => {
          acted += 1;
        },
        (error) => {
          if (error.cause?.code === "internal") throw error;
        },
      );
      await learnIds(scene, world);
      for (const id of world.ids["project"] ?? []) channels.add(`project:${id}`).add(`project-time:${id}`);
      for (const id of world.ids["timesheet"] ?? []) channels.add(`timesheet:${id}`);
      for (const id of world.ids["task"] ?? []) channels.add(`task:${id}`).add(`task-internal:${id}`);
      if (acted > before) await expectAllKept();
      if (step % 15 === 14) await look();
    }
    totalActed += acted;

    for (const { channel, copy } of seen) {
      const changes = await scene.changes(channel);
      expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, at) => at + 1));
      const start = begin.get(channel) ?? copyOf({ seq: 0, entities: {} }); // born during the walk: its feed tells all
      const replayed = start.clone();
      for (const change of changes) if (change.seq > replayed.seq && change.seq <= copy.seq) replayed.apply(change);
      expect(replayed.toJSON(), `${channel} at ${copy.seq}`).toEqual(copy.toJSON());
    }
  };
  await fc.assert(fc.asyncProperty(fc.gen(), walk), {
    numRuns: runs,
    endOnFailure: true,
    interruptAfterTimeLimit: 120_000,
  });
  expect(totalActed).toBeGreaterThan(runs * 5); // most walks get somewhere
}, 180_000);
