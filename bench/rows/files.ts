import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Client } from "minio";
import { Pool } from "undici";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow, Work } from "../harness/pair.ts";
import { freePort, startServer } from "../harness/server-process.ts";
import type { Side, Stack } from "../harness/stack.ts";

const mebibyte = 1_048_576;

/** The store alone, as a program would use it that needs neither rights nor names. */
interface BareStore {
  put(key: string, bytes: Readable, sizeBytes: number): Promise<void>;
  get(key: string): Promise<Readable>;
  close(): Promise<void>;
}

/** Large files through the server, beside the store alone. */
export function fileRows(options: Options): PairRow[] {
  const mib = options.quick ? 16 : 64;
  const s3 = s3Settings();
  const stores = [
    { name: "a directory", env: {}, bare: (dir: string) => directoryStore(dir) },
    ...(s3 ? [{ name: "S3", env: s3, bare: () => s3Store(s3) }] : []),
  ];
  return stores.flatMap(({ name, env, bare }) =>
    (["upload", "download"] as const).map((way) => ({
      group: "file" as const,
      title: `${way} of ${mib} MiB, ${name}, beside the store alone`,
      unit: "MiB",
      enter: (stack: Stack) => enter(stack, way, mib, env, bare),
    })),
  );
}

/** A bucket of one's own, where an S3 is named. */
function s3Settings(): Record<string, string> | null {
  const { TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY = "", TEST_S3_SECRET_KEY = "" } = process.env;
  if (!TEST_S3_ENDPOINT) return null;
  return {
    S3_ENDPOINT: TEST_S3_ENDPOINT,
    S3_ACCESS_KEY: TEST_S3_ACCESS_KEY,
    S3_SECRET_KEY: TEST_S3_SECRET_KEY,
    S3_BUCKET: `bench-${randomUUID()}`,
  };
}

async function enter(
  stack: Stack,
  way: "upload" | "download",
  mib: number,
  env: Record<string, string>,
  openBare: (dir: string) => BareStore,
): Promise<Pair> {
  const side = stack.sides.find(({ name }) => name === "ours") as Side;
  const { token } = side.people[0]!;
  const [project] = await side.seed({ projects: 1, lists: [1] });
  const port = await freePort();
  const secrets = { ...side.settings.secrets, ...env };
  const server = await startServer("ours", { ...side.settings, port, secrets });
  const pool = new Pool(server.origin, { connections: 1, bodyTimeout: 60_000, headersTimeout: 60_000 });
  const bareStore = openBare(join(stack.dir, "bare"));
  const chunk = randomBytes(mebibyte);
  const sha256 = createHash("sha256");
  for (let at = 0; at < mib; at += 1) sha256.update(chunk);
  const expected = sha256.digest("hex");
  const wrong: string[] = [];
  const content = function* () {
    for (let at = 0; at < mib; at += 1) yield chunk;
  };

  async function timed(work: () => Promise<void>): Promise<Work> {
    const startedAt = performance.now();
    await work();
    return { amount: mib, seconds: (performance.now() - startedAt) / 1_000 };
  }
  async function upload(): Promise<string> {
    const head = `--x\r\ncontent-disposition: form-data; name="projectId"\r\n\r\n${project!.id}\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`;
    const tail = "\r\n--x--\r\n";
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: "/files",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "multipart/form-data; boundary=x",
        "content-length": String(head.length + mib * mebibyte + tail.length),
      },
      body: Readable.from(
        (function* () {
          yield Buffer.from(head);
          yield* content();
          yield Buffer.from(tail);
        })(),
      ),
    });
    const file = (await body.json()) as { id: string; sha256: string };
    if (statusCode !== 200 || file.sha256 !== expected) wrong.push(`an upload answered ${JSON.stringify(file)}`);
    return file.id;
  }
  async function download(fileId: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await pool.request({ method: "GET", path: `/files/${fileId}/content`, headers });
    requireSame(`a download that answered ${statusCode}`, await hashOf(body));
  }
  const requireSame = (what: string, hash: string) => {
    if (hash !== expected) wrong.push(`${what} brought other bytes`);
  };
  const store = async (key: string) => bareStore.put(key, Readable.from(content()), mib * mebibyte);

  const known = way === "download" ? await upload() : "";
  if (way === "download") await store("known");
  return {
    ours: () => timed(way === "upload" ? async () => void (await upload()) : () => download(known)),
    bare: () =>
      timed(
        way === "upload"
          ? () => store(randomUUID())
          : async () => requireSame("the store", await hashOf(await bareStore.get("known"))),
      ),
    check: async () => wrong.slice(0, 5),
    async close() {
      await pool.close();
      await server.stop();
      await bareStore.close();
    },
  };
}

async function hashOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest("hex");
}

function directoryStore(dir: string): BareStore {
  return {
    async put(key, bytes) {
      await mkdir(dir, { recursive: true });
      await pipeline(bytes, createWriteStream(join(dir, key), { flush: true }));
    },
    get: async (key) => createReadStream(join(dir, key)),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

function s3Store(env: Record<string, string>): BareStore {
  const url = new URL(env["S3_ENDPOINT"] as string);
  const bucket = env["S3_BUCKET"] as string;
  const client = new Client({
    endPoint: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    useSSL: url.protocol === "https:",
    accessKey: env["S3_ACCESS_KEY"] as string,
    secretKey: env["S3_SECRET_KEY"] as string,
    region: "us-east-1",
    pathStyle: true,
    partSize: 8 * mebibyte,
  });
  const prepare = async () => {
    if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, "us-east-1");
  };
  const made = prepare();
  made.catch(() => {}); // the first upload says so
  return {
    async put(key, bytes, sizeBytes) {
      await made;
      await client.putObject(bucket, key, bytes, sizeBytes);
    },
    get: (key) => client.getObject(bucket, key),
    async close() {
      for await (const { name } of client.listObjects(bucket, "", true))
        if (name) await client.removeObject(bucket, name);
      await client.removeBucket(bucket);
    },
  };
}
