import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { appRouter } from "../../routers/index.ts";
import { createApi } from "../api.ts";
import type { Actor } from "../context.ts";
import type { FileView } from "../domain/files/file.view.ts";
import { openTestApp } from "./app.ts";
import { Scene } from "./scene.ts";
import { describeWith } from "./services.ts";

type Env = Record<string, string>;

/** The two stores; each body runs with both. @param env makes an application use it */
export function describeStores(name: string, body: (scene: () => FileScene, env: Env) => void): void {
  describe(`${name} (directory)`, () => body(sceneOf({}), {}));
  describeWith("s3", name, (url) => {
    const env = s3Env(url);
    body(sceneOf(env), env);
  });
}

/** A scene for the tests of a `describe`, or of a file. */
export function sceneOf(env: Env = {}): () => FileScene {
  let opened: Awaited<ReturnType<typeof openFileScene>> | undefined;
  beforeAll(async () => {
    opened = await openFileScene(env);
  });
  afterAll(() => opened?.close());
  return () => opened?.scene as FileScene;
}

/** A bucket of one's own. */
export function s3Env(url: string): Env {
  const { origin, username, password } = new URL(url);
  return {
    S3_ENDPOINT: origin,
    S3_ACCESS_KEY: decodeURIComponent(username),
    S3_SECRET_KEY: decodeURIComponent(password),
    S3_BUCKET: `test-${randomUUID()}`,
  };
}

/** A scene whose files are kept apart, behind a server that takes and gives them. */
export class FileScene extends Scene {
  readonly url: string;

  constructor(app: Scene["app"], url: string) {
    super(app);
    this.url = url;
  }

  /** Sends a request as somebody. */
  async fetch(actor: Actor | null, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (actor) {
      const { token } = await this.app.tokens.mint(actor, randomUUID(), new Date());
      headers.set("authorization", `Bearer ${token}`);
    }
    return fetch(new URL(path, this.url), { redirect: "manual", ...init, headers });
  }

  /** Uploads through the server, with the form's fields in the given order. */
  async upload(
    actor: Actor | null,
    fields: Record<string, string>,
    content: string | Uint8Array<ArrayBuffer> | Blob,
    name = "notes.txt",
  ): Promise<Response> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append("file", new Blob([content]), name);
    return this.fetch(actor, "/files", { method: "POST", body: form });
  }

  /** An uploaded file. */
  async file(
    actor: Actor,
    fields: Record<string, string>,
    content: string | Uint8Array<ArrayBuffer> | Blob,
    name?: string,
  ): Promise<FileView> {
    const response = await this.upload(actor, fields, content, name);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as FileView;
  }
}

/** Opens an application with a server and a directory of its own. */
export async function openFileScene(env: Env = {}): Promise<{ scene: FileScene; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "taskwire-files-"));
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { app, close } = await openTestApp({ DATA_DIR: dataDir, PUBLIC_URL: url, ...env });
  server.on("request", createApi({ app, router: appRouter }));
  return {
    scene: new FileScene(app, url),
    async close() {
      server.close();
      server.closeAllConnections();
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
