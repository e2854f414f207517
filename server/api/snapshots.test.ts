import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { expect } from "vitest";
import { appRouter } from "../../routers/index.ts";
import type { Actor } from "../context.ts";
import { countStatements } from "../testing/count-statements.ts";
import { test as base } from "../testing/scene.ts";
import { serve } from "./api.fixture.ts";

/** A board over HTTP; `as` says who calls. */
const test = base.extend("http", { scope: "file" }, async ({ scene }, { onCleanup }) => {
  const board = await scene.board();
  let caller: Actor = board.owner;
  const authenticate = async () => caller;
  const api = await serve(scene.app, {}, { router: appRouter, authenticate });
  onCleanup(() => api.close());
  const channel = `project:${board.project.id}`;
  const input = (value: object) => encodeURIComponent(JSON.stringify(value));
  return {
    ...board,
    as: (actor: Actor) => {
      caller = actor;
    },
    ways: {
      rest: `${api.url}/api/v1/sync/${channel}`,
      trpc: `${api.url}/trpc/sync.snapshot?input=${input({ channel })}`,
      batch: `${api.url}/trpc/sync.snapshot,sync.pull?batch=1&input=${input({ 0: { channel }, 1: { channel, since: 0 } })}`,
    },
  };
});

const ways = ["rest", "trpc", "batch"] as const;
/** The snapshot in an answer. */
const snapshotIn = (way: (typeof ways)[number], text: string) => {
  const answer = JSON.parse(text);
  return way === "rest" ? answer : way === "trpc" ? answer.result.data : answer[0].result.data;
};

test.for(ways)("%s answers a kept snapshot as a fresh one, compressed or not", async (way, { http, scene }) => {
  const fresh = await scene.snapshot(http.owner, `project:${http.project.id}`);
  for (const encoding of ["gzip", "identity", "gzip", "gzip;q=0"]) {
    const answer = await request(http.ways[way], { headers: { "accept-encoding": encoding } });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const isGzip = answer.headers["content-encoding"] === "gzip";
    expect(isGzip).toBe(encoding === "gzip");
    const snapshot = snapshotIn(way, (isGzip ? gunzipSync(bytes) : bytes).toString());
    expect(snapshot).toMatchObject({ seq: fresh.seq, entities: { task: [http.task] } });
    expect(answer.headers["vary"]).toMatch(/Authorization.*Accept-Encoding/);
  }
});

test.for(ways)("%s tells who holds the snapshot so, until it changes", async (way, { http, scene }) => {
  const first = await fetch(http.ways[way]);
  const etag = first.headers.get("etag") as string;
  const { seq, entities } = snapshotIn(way, await first.text());
  const again = () => fetch(http.ways[way], { headers: { "if-none-match": etag } });
  const { result, sent } = await countStatements(scene.app, again);
  expect([result.status, result.headers.get("etag"), await result.text()]).toEqual([304, etag, ""]);
  expect(sent.filter((name) => name.startsWith("snapshot."))).toEqual([]);

  const [task] = entities.task;
  await scene.caller(http.owner).tasks.update({ taskId: task.id, version: task.version, title: `Not ${task.title}` });
  const changed = await again();
  expect(changed.status).toBe(200);
  expect(snapshotIn(way, await changed.text())).toMatchObject({ seq: seq + 1 });
});

test("the tag of one way of asking says nothing in a batch", async ({ http }) => {
  const etag = (await fetch(http.ways.trpc)).headers.get("etag") as string;
  const batch = await fetch(http.ways.batch, { headers: { "if-none-match": etag } });
  expect(snapshotIn("batch", await batch.text()).entities.task).toHaveLength(1);
});

test("holding a snapshot opens no door", async ({ http, scene }) => {
  const etag = (await fetch(http.ways.rest)).headers.get("etag") as string;
  http.as((await scene.organization()).owner);
  const refused = await fetch(http.ways.rest, { headers: { "if-none-match": etag } });
  expect([refused.status, refused.headers.get("etag")]).toEqual([404, null]);
  http.as(http.owner);
});
