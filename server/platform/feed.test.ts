import { v7 } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, entities, migrate, openDatabase } from "../../db/orm.ts";
import { cloneDatabase, describeWith, migratedDatabase, type TestDatabase } from "../testing/services.ts";
import {
  appendToFeed,
  type Channel,
  maxPull,
  type PendingChange,
  pullFeed,
  readEpoch,
  readFeed,
  readHeads,
} from "./feed.ts";
import { sqlOn } from "./sql.ts";

const newChannel = (): Channel => `project:${v7()}`;
const pending = (channel: Channel, patch = {}): PendingChange => ({
  channel,
  id: v7(),
  type: "label.updated",
  entity: "label",
  op: "update",
  entityId: v7(),
  patch,
  before: null,
  revokes: null,
});

/** What the feed promises, on whichever PostgreSQL. */
function feedSuite(openServer: () => Promise<TestDatabase>): void {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await openServer();
    database = await openDatabase(server.url, 20);
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  /** One transaction that writes changes and ends as told. */
  async function transact(changes: readonly PendingChange[], end: "commit" | "rollback" = "commit") {
    const client = await database.pool.connect();
    try {
      await client.query("begin");
      const stored = await appendToFeed(sqlOn(client), null, changes, null);
      await client.query(end);
      return stored;
    } finally {
      client.release();
    }
  }

  test("numbers are dense in every channel, whatever is rolled back, and n+1 never shows before n", async () => {
    const sql = sqlOn(database.pool);
    const channels = [newChannel(), newChannel(), newChannel()];
    let writing = true;
    const watching = (async () => {
      let readings = 0;
      while (writing || readings < 3) {
        for (const channel of channels) {
          const seqs = (await readFeed(sql, channel, 0, 10_000)).map(({ seq }) => seq);
          expect(seqs).toEqual(seqs.map((_, at) => at + 1));
        }
        readings += 1;
      }
    })();
    const writes = Array.from({ length: 150 }, (_, at) => {
      const chosen = channels.filter((_, index) => (at >> index) % 2 === 0 || index === at % 3).reverse();
      const changes = chosen.flatMap((channel) =>
        at % 7 === 0 ? [pending(channel), pending(channel)] : [pending(channel)],
      );
      return { changes, end: at % 5 === 0 ? ("rollback" as const) : ("commit" as const) };
    });
    const stored = await Promise.all(writes.map(({ changes, end }) => transact(changes, end)));
    writing = false;
    await watching;

    const heads = await readHeads(sql, channels);
    for (const channel of channels) {
      const written = writes
        .filter(({ end }) => end === "commit")
        .flatMap(({ changes }) => changes.filter((change) => change.channel === channel));
      expect(heads.get(channel)?.seq).toBe(written.length);
      const feed = await readFeed(sql, channel, 0, 10_000);
      expect(new Set(feed.map(({ id }) => id))).toEqual(new Set(written.map(({ id }) => id)));
      const at = feed.map((change) => change.at);
      expect(at).toEqual([...at].sort()); // the order of commits is the order of time
    }
    const told = stored.filter((_, index) => writes[index]?.end === "commit").flat();
    for (const change of told) expect((await readFeed(sql, change.channel, change.seq - 1, 1))[0]).toEqual(change);
  });

  test("a transaction that waits for a head is told the place it gets", async () => {
    const channel = newChannel();
    const first = await database.pool.connect();
    await first.query("begin");
    await appendToFeed(sqlOn(first), null, [pending(channel)], null);
    const second = transact([pending(channel), pending(channel)]);
    await first.query("commit");
    first.release();
    expect((await second).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  describe("pulling", () => {
    const channel = newChannel();
    let epoch: string;
    beforeAll(async () => {
      epoch = await readEpoch(sqlOn(database.pool));
      await transact(Array.from({ length: 5 }, (_, at) => pending(channel, { at })));
    });

    test("answers what comes after the cursor, with the head of the same moment", async () => {
      const pull = await pullFeed(sqlOn(database.pool), epoch, channel, 2, epoch);
      expect(pull).toMatchObject({ epoch, head: 5, changes: [{ seq: 3, patch: { at: 2 } }, { seq: 4 }, { seq: 5 }] });
      expect(await pullFeed(sqlOn(database.pool), epoch, newChannel(), 0)).toEqual({ epoch, head: 0, changes: [] });
    });

    test.for([
      ["of another life of the database", { since: 2, epoch: v7() }],
      ["beyond the head", { since: 6 }],
      ["in an empty channel", { since: 1, channel: newChannel() }],
    ] as const)("a cursor %s has to start anew", async ([, given]) => {
      const asked: { since: number; epoch?: string; channel?: Channel } = given;
      const pull = await pullFeed(sqlOn(database.pool), epoch, asked.channel ?? channel, asked.since, asked.epoch);
      expect(pull).toMatchObject({ resync: true });
    });

    test("a cursor below what is kept, or too far behind, has to start anew", async () => {
      const long = newChannel();
      await transact(Array.from({ length: maxPull + 1 }, () => pending(long)));
      const sql = sqlOn(database.pool);
      expect(await pullFeed(sql, epoch, long, 0)).toEqual({ epoch, head: maxPull + 1, resync: true });
      expect(await pullFeed(sql, epoch, long, 1)).toMatchObject({ changes: { length: maxPull } });
      await sql.query("update feed.heads set floor = 10 where channel = $1", [long]);
      expect(await pullFeed(sql, epoch, long, 9)).toMatchObject({ resync: true });
      expect(await pullFeed(sql, epoch, long, 10)).toMatchObject({
        changes: [{ seq: 11 }, ...Array(maxPull - 10).fill({})],
      });
    });
  });

  test("migrating again, also from several processes at once, changes nothing", async () => {
    const tables = () => database.pool.query("select count(*) from information_schema.columns");
    const before = (await tables()).rows;
    await Promise.all([migrate(server.url), migrate(server.url), migrate(server.url)]);
    expect((await tables()).rows).toEqual(before);
  });

  test("every entity's columns are the table's", async () => {
    for (const entity of entities) {
      const { schema, tableName, props } = database.em.getMetadata(entity as never) as {
        schema: string;
        tableName: string;
        props: { fieldNames: string[]; nullable?: boolean }[];
      };
      const { rows } = await database.pool.query(
        "select column_name as name, is_nullable = 'YES' as nullable from information_schema.columns where table_schema = $1 and table_name = $2",
        [schema, tableName],
      );
      const columns = Object.fromEntries(rows.map(({ name, nullable }) => [name, nullable]));
      const declared = Object.fromEntries(props.map(({ fieldNames, nullable }) => [fieldNames[0], nullable === true]));
      expect(columns, tableName).toMatchObject(declared);
    }
  });
}

describe("the feed on the embedded PostgreSQL", () => feedSuite(cloneDatabase));
describeWith("postgresql", "the feed on a PostgreSQL of one's own", (adminUrl) =>
  feedSuite(() => migratedDatabase(adminUrl)),
);
