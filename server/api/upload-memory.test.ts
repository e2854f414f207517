import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createTaskwire, type Taskwire } from "../../client/index.ts";
import { s3Env } from "../testing/files.ts";
import { ServerProcess } from "../testing/server-process.ts";
import { cloneDatabase, describeWith } from "../testing/services.ts";

/** `UPLOAD_MIB=1024` is the size that the promise is made for; it holds for any, so the suite takes less. */
const uploadMib = Number(process.env["UPLOAD_MIB"] ?? 256);
const mostMib = 64;
const mebibyte = 1_048_576;

const chunk = randomBytes(mebibyte);
/** So many MiB, each a little different. */
function* content(mib: number, from = 0): Generator<Buffer> {
  for (let at = from; at < from + mib; at += 1) {
    const piece = Buffer.from(chunk);
    piece.writeUInt32BE(at);
    yield piece;
  }
}
function sha256Of(mib: number): string {
  const hash = createHash("sha256");
  for (const piece of content(mib)) hash.update(piece);
  return hash.digest("hex");
}

/** The peak of a process's resident memory since it was last forgotten, in MiB. */
const peakMib = (pid: number) =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

async function sendForm(port: number, token: string, fields: Record<string, string>, mib: number): Promise<unknown> {
  const form = Object.entries(fields)
    .map(([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("");
  const head = Buffer.from(`${form}--x\r\ncontent-disposition: form-data; name="file"; filename="big.bin"\r\n\r\n`);
  const tail = Buffer.from("\r\n--x--\r\n");
  const sending = request({
    method: "POST",
    port,
    path: "/files",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "multipart/form-data; boundary=x",
      "content-length": head.length + mib * mebibyte + tail.length,
    },
  });
  const answered = once(sending, "response");
  await pipeline(
    Readable.from(
      (function* () {
        yield head;
        yield* content(mib);
        yield tail;
      })(),
    ),
    sending,
  );
  const [response] = await answered;
  return new Response(Readable.toWeb(response) as ReadableStream).json();
}

async function sendParts({ api }: Taskwire, taskId: string, mib: number): Promise<{ id: string }> {
  const sizeBytes = mib * mebibyte;
  const upload = await api.uploads.create.mutate({ taskId, name: "big.bin", sizeBytes, sha256: sha256Of(mib) });
  for (let number = 1; number <= upload.partCount; number += 1) {
    const { parts } = await api.uploads.signParts.mutate({ uploadId: upload.id, partNumbers: [number] });
    for (const { url, sizeBytes, headers } of parts) {
      const bytes = content(sizeBytes / mebibyte, ((number - 1) * upload.partSizeBytes) / mebibyte);
      const sending = request(url, { method: "PUT", headers: { ...headers, "content-length": sizeBytes } });
      const answered = once(sending, "response");
      await pipeline(Readable.from(bytes), sending);
      const [response] = await answered;
      response.resume();
      expect(response.statusCode).toBe(200);
    }
  }
  return api.uploads.complete.mutate({ uploadId: upload.id });
}

async function readThrough(url: string, token: string): Promise<string> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const hash = createHash("sha256");
  for await (const bytes of response.body ?? []) hash.update(bytes);
  return hash.digest("hex");
}

function suite(env: Record<string, string>): void {
  test(`${uploadMib} MiB go up and down, and the server grows by less than ${mostMib} MiB`, async () => {
    const database = await cloneDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), "taskwire-memory-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    onTestFinished(() => database.drop());
    const server = await ServerProcess.start({
      NODE_ENV: "test",
      LOG_LEVEL: "fatal",
      ROLES: "api",
      SEED_DEMO: "true",
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      ...env,
    });
    onTestFinished(() => server.stop());
    const url = `http://127.0.0.1:${server.port}`;
    const credentials = JSON.stringify({ username: "ada@example.com", password: "taskwire-demo" });
    const headers = { "content-type": "application/json" };
    const login = await fetch(`${url}/api/v1/auth/login/`, { method: "POST", headers, body: credentials });
    const { access } = (await login.json()) as { access: string };
    const ada = createTaskwire({ url, getToken: () => access });
    onTestFinished(() => ada.close());
    const { items: projects } = await ada.api.projects.list.query({});
    const projectId = projects.find(({ key }) => key === "WEB")?.id as string;
    const { items: tasks } = await ada.api.tasks.list.query({ projectId, limit: 1 });
    const taskId = tasks[0]?.id as string;

    async function everyWay(mib: number): Promise<void> {
      const sha256 = sha256Of(mib);
      const sent = await sendForm(server.port, access, { taskId }, mib);
      expect(sent).toMatchObject({ sizeBytes: mib * mebibyte, sha256, state: "ready" });
      const { id } = await sendParts(ada, taskId, mib);
      expect(await readThrough(`${url}/files/${id}/content`, access)).toBe(sha256);
    }
    await everyWay(1); // code is compiled, connections are there
    forgetPeak(server.pid);
    const before = peakMib(server.pid);
    await everyWay(uploadMib);

    const grown = peakMib(server.pid) - before;
    console.info(
      `${uploadMib} MiB up and down: the server grew by ${Math.round(grown)} MiB from ${Math.round(before)}`,
    );
    expect(grown).toBeLessThan(mostMib);
  }, 600_000);
}

// What a process has ever held can be asked on Linux.
describe.skipIf(process.platform !== "linux")("memory", () => {
  describe("directory", () => suite({}));
  describeWith("s3", "bucket", (url) => suite(s3Env(url)));
});
