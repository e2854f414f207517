import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Config } from "../config.ts";
import { AppError, conflict, invalid, notFound } from "../errors.ts";
import type { ObjectStore, StoredPart } from "./object-store.ts";
import { sealedTokens } from "./sealed-tokens.ts";
import { streamed } from "./stream-garbage.ts";

type PartToken = { key: string; partsId: string; number: number; sizeBytes: number };

/** Keys are ours, but a wrong one must not lead out of the directory. */
const safeKey = /^[0-9a-z][0-9a-z-]*(\/[0-9a-z][0-9a-z-]*)*$/;

/** Objects as files below `DATA_DIR/files`; parts are uploaded to this server. For one node, or a shared file system. */
export function openDirectoryStore(config: Config): ObjectStore {
  const root = join(config.DATA_DIR, "files");
  const tokens = sealedTokens<PartToken>(config, "file-part");
  const pathOf = (kind: "objects" | "parts", key: string) => {
    if (!safeKey.test(key)) throw new Error(`Not a key of an object: ${key}`);
    return join(root, kind, key);
  };
  /** Of each part one is taken at a time, so that many at once cannot fill the disk. The last one counts. */
  const arriving = new Map<string, AbortController>();
  const partsIn = (key: string, partsId: string) => join(pathOf("parts", key), partsId);

  /** Writes beside, then renames: the name is there with all its bytes or not at all, also after a power cut. */
  async function write(path: string, bytes: Readable | AsyncIterable<Buffer>): Promise<void> {
    const draft = join(root, "drafts", randomUUID());
    await mkdir(dirname(draft), { recursive: true });
    try {
      await pipeline(bytes, createWriteStream(draft, { flags: "wx", flush: true }));
      await mkdir(dirname(path), { recursive: true });
      await rename(draft, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async function listParts(key: string, partsId: string): Promise<StoredPart[]> {
    const folder = partsIn(key, partsId);
    const names = await readdir(folder).catch(orMissing("upload"));
    const parts = await Promise.all(
      names
        .filter((name) => /^\d+$/.test(name))
        .map(async (name) => ({ number: Number(name), sizeBytes: (await stat(join(folder, name))).size, tag: name })),
    );
    return parts.sort((a, b) => a.number - b.number);
  }

  return {
    put: (key, bytes) => write(pathOf("objects", key), bytes),
    async get(key, range) {
      const path = pathOf("objects", key);
      await access(path).catch(orMissing("object"));
      return createReadStream(path, range);
    },
    async sizeOf(key) {
      const found = await stat(pathOf("objects", key)).catch(() => null);
      return found?.size ?? null;
    },
    async delete(key) {
      await rm(pathOf("objects", key), { force: true });
      await rm(pathOf("parts", key), { recursive: true, force: true });
    },
    async beginParts(key) {
      const partsId = randomUUID();
      await mkdir(partsIn(key, partsId), { recursive: true });
      return partsId;
    },
    async signPart(key, partsId, part, expiresInSeconds) {
      const expiresAt = new Date(Date.now() + expiresInSeconds * 1000);
      const token = await tokens.seal({ key, partsId, ...part }, expiresAt);
      return { url: `${config.publicUrl}/files/parts/${token}`, headers: {} };
    },
    listParts,
    async joinParts(key, partsId, parts) {
      const folder = partsIn(key, partsId);
      const closed = `${folder}.joining`; // what is still being uploaded finds no folder any more
      await rename(folder, closed).catch(async (error) => {
        await access(closed).catch(() => orMissing("upload")(error));
      });
      await write(pathOf("objects", key), concatenated(parts.map(({ tag }) => join(closed, tag))));
      await rm(pathOf("parts", key), { recursive: true, force: true });
    },
    async receivePart(token, sizeBytes, bytes) {
      const part = await tokens.open(token);
      if (sizeBytes !== null && sizeBytes !== part.sizeBytes) throw wrongSize(part.sizeBytes);
      const folder = partsIn(part.key, part.partsId);
      await access(folder).catch(orMissing("upload"));
      const path = join(folder, String(part.number));
      const draft = `${path}.${randomUUID()}`;
      arriving.get(path)?.abort(conflict("This part is being sent by another request."));
      const replaced = new AbortController();
      arriving.set(path, replaced);
      try {
        const { signal } = replaced;
        await pipeline(bytes, exactly(part.sizeBytes), createWriteStream(draft, { flags: "wx" }), { signal });
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        if (replaced.signal.aborted) throw replaced.signal.reason;
        throw (error as NodeJS.ErrnoException).code === "ENOENT" ? notFound("upload") : error;
      } finally {
        if (arriving.get(path) === replaced) arriving.delete(path);
      }
    },
    async check() {
      await mkdir(root, { recursive: true });
    },
  };
}

const wrongSize = (sizeBytes: number) => invalid("content-length", `This part has ${sizeBytes} bytes.`);

/** Passes bytes on, and fails when there are more or fewer of them. */
const exactly = (sizeBytes: number) =>
  async function* (bytes: AsyncIterable<Buffer>) {
    let seen = 0;
    for await (const chunk of bytes) {
      seen += chunk.length;
      if (seen > sizeBytes) throw wrongSize(sizeBytes);
      streamed(chunk.length);
      yield chunk;
    }
    if (seen !== sizeBytes) throw wrongSize(sizeBytes);
  };

async function* concatenated(paths: readonly string[]) {
  for (const path of paths) {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      streamed(chunk.length);
      yield chunk;
    }
  }
}

const orMissing = (what: string) => (error: unknown) => {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") throw notFound(what);
  throw new AppError("upstream.down", "The file store does not answer.", {}, { cause: error });
};

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
