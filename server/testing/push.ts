import { createECDH, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { v7 } from "uuid";
import { onTestFinished } from "vitest";
import type { Actor } from "../context.ts";
import type { Scene } from "./scene.ts";

interface PushModel {
  notifyUrl: string;
  subscribe(options: { applicationServerKey: string }): Promise<{ endpoint: string; keys: Keys; clientHash: string }>;
  handleNotification(clientHash: string, headers: Record<string, string | undefined>, body: Buffer): Promise<unknown>;
  getNotifications(of: { clientHash: string }): { messages: string[] };
}
interface Keys {
  p256dh: string;
  auth: string;
}

const { PushApiModel } = createRequire(import.meta.url)("web-push-testing/src/PushApiModel.js") as {
  PushApiModel: new () => PushModel;
};

/** A browser that subscribed, and what its service worker received, decrypted. */
export interface Browser {
  readonly subscription: { endpoint: string; keys: Keys };
  received(): Record<string, unknown>[];
  /** What its push service says from now on instead of taking messages; null: it takes them. */
  refuse: number | null;
}

export interface PushService {
  /** Of each message: how many bytes, and the headers that matter. */
  readonly taken: { sizeBytes: number; topic: string | undefined; ttl: string | undefined }[];
  open(applicationServerKey: string): Promise<Browser>;
}

/** A push service that checks who sends (RFC 8292) and decrypts as browsers do (RFC 8291), until the test ends. */
export async function openPushService(): Promise<PushService> {
  const model = new PushApiModel();
  const browsers = new Map<string, Browser>();
  const taken: PushService["taken"] = [];
  const server = createServer(async (req, res) => {
    const hash = req.url?.split("/").at(-1) ?? "";
    const body = Buffer.concat(await req.toArray());
    const refusal = browsers.has(hash) ? browsers.get(hash)?.refuse : 404;
    if (refusal) return void res.writeHead(refusal).end();
    const {
      "content-encoding": encoding,
      authorization,
      ttl,
      topic,
    } = req.headers as Record<string, string | undefined>;
    try {
      await model.handleNotification(hash, { encoding, authorization, ttl }, body);
      taken.push({ sizeBytes: body.length, topic, ttl });
      res.writeHead(201).end();
    } catch (error) {
      res.writeHead(400).end(String(error));
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => new Promise<void>((closed) => void server.close(() => closed())));
  model.notifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify/`;
  return {
    taken,
    async open(applicationServerKey) {
      const { endpoint, keys, clientHash } = await model.subscribe({ applicationServerKey });
      const browser: Browser = {
        subscription: { endpoint, keys },
        received: () => model.getNotifications({ clientHash }).messages.map((message) => JSON.parse(message)),
        refuse: null,
      };
      browsers.set(clientHash, browser);
      return browser;
    },
  };
}

/** The keys of a device that nobody holds. */
export function deviceKeys(): Keys {
  const ecdh = createECDH("prime256v1");
  return { p256dh: ecdh.generateKeys("base64url"), auth: randomBytes(16).toString("base64url") };
}

/** A device of somebody's. */
export async function buildPushSubscription(scene: Scene, { userId, sessionId }: Actor): Promise<string> {
  const id = v7();
  await scene.app.sql.query(
    `insert into notifications.push_subscriptions (id, user_id, session_id, kind, endpoint, keys, user_agent, created_at)
    values ($1, $2, $3, 'web', $4, $5, 'vitest', now())`,
    [id, userId, sessionId, `https://push.example.test/${id}`, JSON.stringify(deviceKeys())],
  );
  return id;
}
