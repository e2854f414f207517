import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createHttpServer } from "./http-server.ts";

/** The first line that a server with a listener for upgrades answers to a wish for one. */
async function answerTo(path: string, protocol: string): Promise<string | undefined> {
  const server = createHttpServer((_req, res) => res.end("served"));
  server.on("upgrade", (_req, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: taskwire\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  const [text] = (await once(socket, "data")) as [string];
  return text.split("\r\n")[0];
}

test.for([
  ["/socket.io/?EIO=4&transport=websocket", "websocket", "HTTP/1.1 101 Switching Protocols"],
  ["/health", "h2c", "HTTP/1.1 200 OK"],
  ["/elsewhere", "websocket", "HTTP/1.1 200 OK"],
] as const)("a wish at %s for %s is answered with %s", async ([path, protocol, line]) => {
  expect(await answerTo(path, protocol)).toBe(line);
});
