import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";

const options: ServerOptions = {
  headersTimeout: 15_000,
  requestTimeout: 60_000, // headers and body; slow senders do not hold a connection for longer
  keepAliveTimeout: 75_000, // longer than proxies keep theirs (nginx and AWS: 60 s), so that they never reuse one that closes
  maxHeaderSize: 32 * 1024, // tRPC queries travel in the address
};

/** A connection on which so long nothing moves is ended: an answer that nobody reads holds memory. Sockets are exempt. */
const stillMs = 300_000;

/** How long who is refused has to read why. */
const lingerMs = 1_000;

/** Where Socket.IO listens. Any other wish for an upgrade (curl asks for h2c) is no reason not to answer. */
const upgradePath = "/socket.io/";

const refusals: Readonly<Record<string, readonly [line: string, error: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "too-large",
    "Address and headers may have 32 KiB at most.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "validation.failed", "The request did not arrive in time."],
};
const malformed = ["400 Bad Request", "validation.failed", "This is not HTTP."] as const;

/** The HTTP server with its timeouts; what is not even HTTP gets the error table's body too. */
export function createHttpServer(listener: RequestListener): Server {
  const shouldUpgradeCallback = ({ url }: IncomingMessage) =>
    server.listenerCount("upgrade") > 0 && Boolean(url?.startsWith(upgradePath));
  const server: Server = createServer({ ...options, shouldUpgradeCallback }, listener).setTimeout(stillMs);
  return server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const [line, code, message] = refusals[error.code ?? ""] ?? malformed;
    const body = JSON.stringify({ error: code, message, details: {} });
    socket.end(
      `HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    setTimeout(() => socket.destroy(), lingerMs).unref(); // who never ends their half would keep it open for ever
  });
}

/**
 * Follows what is being answered.
 *
 * @returns to be called when the server begins to stop: answers that were begun before say that their connection closes,
 *   as those that begin later do by themselves
 */
export function lastAnswersOf(server: Server): () => void {
  const begun = new Set<ServerResponse>();
  server.on("request", (_req, res) => {
    begun.add(res);
    res.once("close", () => begun.delete(res));
  });
  return () => {
    for (const res of begun) if (!res.headersSent) res.setHeader("connection", "close");
  };
}
