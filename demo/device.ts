import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Taskwire } from "../client/index.ts";

interface PushModel {
  notifyUrl: string;
  subscribe(options: { applicationServerKey: string }): Promise<{
    endpoint: string;
    keys: { p256dh: string; auth: string };
    clientHash: string;
  }>;
  handleNotification(clientHash: string, headers: Record<string, string | undefined>, body: Buffer): Promise<unknown>;
  getNotifications(of: { clientHash: string }): { messages: string[] };
}
const { PushApiModel } = createRequire(import.meta.url)("web-push-testing/src/PushApiModel.js") as {
  PushApiModel: new () => PushModel;
};

/** A browser with its push service: it checks who sends (RFC 8292), and decrypts (RFC 8291). */
export interface Device {
  /** What its service worker got so far. */
  received(): { title: string; body: string }[];
  close(): Promise<void>;
}

/** Subscribes a device for whoever is signed in. */
export async function openDevice({ api }: Taskwire): Promise<Device> {
  const model = new PushApiModel();
  const server = createServer(async (req, res) => {
    const { "content-encoding": encoding, authorization, ttl } = req.headers;
    const headers = { encoding, authorization, ttl: ttl as string | undefined };
    const took = await model
      .handleNotification(req.url?.split("/").at(-1) ?? "", headers, Buffer.concat(await req.toArray()))
      .then(
        () => true,
        () => false,
      );
    res.writeHead(took ? 201 : 400).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  model.notifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify/`;
  const { publicKey } = await api.pushSubscriptions.key.query();
  if (!publicKey) throw new Error("Push is off");
  const { endpoint, keys, clientHash } = await model.subscribe({ applicationServerKey: publicKey });
  await api.pushSubscriptions.create.mutate({ endpoint, keys });
  return {
    received: () => model.getNotifications({ clientHash }).messages.map((message) => JSON.parse(message)),
    close: () => new Promise((closed) => void server.close(() => closed())),
  };
}
