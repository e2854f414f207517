import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { s3Env } from "../testing/files.ts";
import { describeWith } from "../testing/services.ts";
import { type ObjectStore, openObjectStore, type SignedPut } from "./object-store.ts";

const mebibyte = 1024 * 1024;
const bytes = (size: number, seed = 1) => Buffer.alloc(size, Buffer.from([seed, 2, 3, 5, 7, 11, 13]));

describe("directory", () => suite({}));
describeWith("s3", "bucket", (url) => suite(s3Env(url)));

function suite(env: Record<string, string>): void {
  const dataDir = mkdtempSync(join(tmpdir(), "taskwire-store-"));
  let store: ObjectStore; // opened where it is reachable; a suite that is skipped is still described
  beforeAll(() => {
    store = openObjectStore(readConfig({ NODE_ENV: "test", DATA_DIR: dataDir, ...env }));
  });
  const key = () => `${randomUUID()}/${randomUUID()}`;
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  /** What a client does; in a directory the server takes it. */
  async function send({ url, headers }: SignedPut, content: Buffer): Promise<boolean> {
    if (store.receivePart) {
      const token = url.split("/").at(-1) as string;
      return store.receivePart(token, content.length, Readable.from([content])).then(
        () => true,
        () => false,
      );
    }
    const body = new Uint8Array(content);
    const { "content-length": _, ...others } = headers;
    return (await fetch(url, { method: "PUT", body, headers: others }).catch(() => null))?.ok ?? false;
  }

  test("an object comes back as it went in, whole or in part", async () => {
    for (const size of [0, 1, 8 * mebibyte, 8 * mebibyte + 1, 17 * mebibyte]) {
      const at = key();
      await store.put(at, Readable.from([bytes(size).subarray(0, 100), bytes(size).subarray(100)]));
      expect(await store.sizeOf(at)).toBe(size);
      const whole = await buffer(await store.get(at));
      expect(whole.equals(Buffer.concat([bytes(size).subarray(0, 100), bytes(size).subarray(100)]))).toBe(true);
      if (size > 100) {
        const part = await buffer(await store.get(at, { start: 10, end: 99 }));
        expect(part.equals(whole.subarray(10, 100))).toBe(true);
      }
    }
  });

  test("what fails on its way leaves nothing", async () => {
    for (const size of [10, 9 * mebibyte]) {
      const at = key();
      const failing = Readable.from(
        (async function* () {
          yield bytes(size);
          throw new Error("cut off");
        })(),
      );
      await expect(store.put(at, failing)).rejects.toThrow("cut off");
      expect(await store.sizeOf(at)).toBe(null);
    }
    if (store.receivePart) expect(await readdir(join(dataDir, "files", "drafts"))).toEqual([]);
  });

  test("what is not there is not found, and can be deleted", async () => {
    const at = key();
    await expect(store.get(at)).rejects.toMatchObject({ code: "not-found" });
    expect(await store.sizeOf(at)).toBe(null);
    await store.delete(at);
    await store.put(at, Readable.from([bytes(3)]));
    await store.delete(at);
    await store.delete(at);
    expect(await store.sizeOf(at)).toBe(null);
  });

  test("parts come in any order, each as often as needed, and become one object", async () => {
    const at = key();
    const partsId = await store.beginParts(at);
    const parts = [bytes(5 * mebibyte, 1), bytes(5 * mebibyte, 2), bytes(1000, 3)];
    const sign = (number: number) =>
      store.signPart(at, partsId, { number, sizeBytes: parts[number - 1]?.length ?? 0 }, 60);
    expect(await store.listParts(at, partsId)).toEqual([]);
    for (const number of [3, 1, 2, 1]) expect(await send(await sign(number), parts[number - 1] as Buffer)).toBe(true);

    const arrived = await store.listParts(at, partsId);
    expect(arrived).toMatchObject(parts.map((part, index) => ({ number: index + 1, sizeBytes: part.length })));
    expect(await store.sizeOf(at)).toBe(null);
    const late = await sign(1);
    await store.joinParts(at, partsId, arrived);

    expect((await buffer(await store.get(at))).equals(Buffer.concat(parts))).toBe(true);
    // Most stores refuse a part that comes too late; Swift takes it, and from then on refuses to give the object. What
    // no store may do is to give other bytes.
    const wasTaken = await send(late, parts[1] as Buffer);
    const after = await store.get(at).then(buffer, () => null);
    expect(after === null ? wasTaken : after.equals(Buffer.concat(parts))).toBe(true);
    if (store.receivePart) expect(wasTaken).toBe(false);
  });

  test("a part of another size is refused", async () => {
    const at = key();
    const partsId = await store.beginParts(at);
    const put = await store.signPart(at, partsId, { number: 1, sizeBytes: 100 }, 60);
    expect(await send(put, bytes(101))).toBe(false);
    expect(await send(put, bytes(99))).toBe(false);
    expect(await store.listParts(at, partsId)).toEqual([]);
    expect(await send(put, bytes(100))).toBe(true);
  });

  test("an address that was changed is refused, and so is one that expired", async () => {
    const at = key();
    const partsId = await store.beginParts(at);
    const put = await store.signPart(at, partsId, { number: 1, sizeBytes: 10 }, 60);
    const forged = { ...put, url: put.url.replace("partNumber=1", "partNumber=2").replace(/\.[^.]{5}/, ".AAAAA") };
    expect(await send({ ...forged, url: forged.url.replace(/Signature=.{5}/, "Signature=00000") }, bytes(10))).toBe(
      false,
    );
    const old = await store.signPart(at, partsId, { number: 1, sizeBytes: 10 }, 1);
    await expect.poll(() => send(old, bytes(10)), { timeout: 10_000, interval: 500 }).toBe(false);
    expect(await send(put, bytes(10))).toBe(true);
  });

  test("deleting ends an upload in parts", async () => {
    const at = key();
    const partsId = await store.beginParts(at);
    const put = await store.signPart(at, partsId, { number: 1, sizeBytes: 10 }, 60);
    expect(await send(put, bytes(10))).toBe(true);
    await store.delete(at);
    expect(await send(put, bytes(10))).toBe(false);
    await expect(store.listParts(at, partsId)).rejects.toMatchObject({ code: "not-found" });
  });

  test("it says that it is there", () => expect(store.check()).resolves.toBeUndefined());
}
