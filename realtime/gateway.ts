import { randomUUID } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Server } from "socket.io";
import type { App } from "../server/context.ts";
import { AppError } from "../server/errors.ts";
import { isAllowedOrigin } from "../server/platform/origins.ts";
import { AccessWatch } from "./access-watch.ts";
import { Connection, type SignedIn } from "./connection.ts";
import { Connections } from "./connections.ts";
import { type Authenticate, handshake } from "./handshake.ts";
import { hintsOf, joinNodes, startHintSender } from "./hints.ts";
import type { GatewayServer, GatewaySocket } from "./io.ts";
import { requestLimits } from "./limits.ts";
import { socketCount } from "./metrics.ts";
import { defaultOptions, type GatewayOptions } from "./options.ts";
import { Presence } from "./presence.ts";
import { serveRequests } from "./requests.ts";
import { ServedChannels } from "./served-channels.ts";
import { Typing } from "./typing.ts";

export interface Gateway {
  /** Lets nobody in any more, asks everybody to come back elsewhere within `afterMs`, and closes. */
  drain(afterMs: number): Promise<void>;
  /** Ends all sockets at once. The HTTP server stays open. */
  close(): Promise<void>;
}

interface GatewayParts {
  app: App;
  /** null: this process serves no sockets, and only tells those who do what it commits. */
  httpServer: HttpServer | null;
  authenticate: Authenticate;
  options?: Partial<GatewayOptions>;
}

/** Serves the channels of the feed over Socket.IO, on the HTTP server's port. */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { app, httpServer } = parts;
  if (!httpServer) return withoutSockets(app);
  const options = { ...defaultOptions, ...parts.options };
  const nodeId = randomUUID();
  const log = app.log.child({ component: "realtime" });
  const failed = (what: string, error: unknown) => log.error({ err: error, what }, "The gateway failed at something");
  let leaving = false;

  const io: GatewayServer = new Server(httpServer, {
    path: "/socket.io",
    serveClient: false,
    transports: ["websocket"], // so that no balancer needs sticky sessions
    allowUpgrades: false,
    // Frames are serialised once for a room, which compression per socket would undo; it also costs memory per socket.
    perMessageDeflate: false,
    maxHttpBufferSize: 64 * 1024,
    connectTimeout: 10_000,
    allowRequest({ headers: { origin } }, answer) {
      if (leaving) answer("This server is going away.", false);
      // Browsers always send an origin, other programs need none.
      else if (origin === undefined || isAllowedOrigin(app.config, origin)) answer(null, true);
      else answer("This origin may not open sockets.", false);
    },
  });
  const bus = joinNodes(io, app);
  const connections = new Connections();
  const presence = new Presence(io, bus, nodeId, options);
  const channels = new ServedChannels({
    io,
    sql: app.sql,
    epoch: app.epoch,
    options,
    delivered: (channel, changes) => watch.notice(channel, changes),
    entered: (channel, connection) => presence.entered(channel, connection),
    left: (channel, connection) => presence.left(channel, connection),
    failed,
  });
  const watch = new AccessWatch({
    sql: app.sql,
    revokedTokens: app.revokedTokens,
    connections,
    channels,
    sweepReadings: options.sweepReadings,
    failed: (error) => failed("access", error),
  });
  const desk = {
    authenticate: parts.authenticate,
    channels,
    presence,
    typing: new Typing(bus, options.typingExpiresMs),
    limits: requestLimits(options),
    options,
    failed,
  };

  const unsubscribe = app.hub.subscribe((changes) => {
    channels.offer(changes);
    bus.tell("changes", hintsOf(changes));
  });
  io.on("changes", (hints) => channels.hear(hints));
  io.on("presence", (node, channel, members, total) => presence.hear(node, channel, members, total));
  io.on("presence:ask", (channel) => presence.asked(channel));
  io.on("typing", (frame) => io.local.to(frame.channel).emit("typing", frame));
  const timers = [
    setInterval(() => channels.poll().catch((error) => failed("heads", error)), options.headsPollMs),
    setInterval(() => watch.sweep().catch((error) => failed("sweep", error)), options.sweepMs),
  ];

  const admit = (socket: GatewaySocket, who: SignedIn) => {
    if (leaving) throw new AppError("upstream.down", "This server is going away; connect again.", { retry: true });
    socket.data.who = who;
  };
  io.use(handshake(parts.authenticate, admit));
  io.on("connection", (socket) => {
    const connection = new Connection(socket, socket.data.who, options);
    connections.add(connection);
    socketCount.inc();
    // Also for who does not join it: it tells what they lose.
    channels.follow(`user:${connection.userId}`).then(
      () => watch.begun(connection.userId),
      (error) => failed("follow", error), // the poll of the heads opens it
    );
    serveRequests(connection, desk);
    socket.on("disconnect", () => {
      connections.delete(connection);
      socketCount.dec();
      channels.unfollow(`user:${connection.userId}`);
      connection.dispose();
    });
  });

  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= end();
    return closed;
  };
  const end = async () => {
    leaving = true;
    for (const timer of timers) clearInterval(timer);
    unsubscribe();
    presence.close();
    io.local.disconnectSockets(true);
    await io.of("/").adapter.close();
    io.engine.close();
    channels.close();
    bus.close();
  };
  return {
    async drain(afterMs) {
      leaving = true;
      for (const { socket } of connections) {
        socket.emit("server:draining", { reconnectAfterMs: Math.round(Math.random() * afterMs) });
      }
      const deadline = Date.now() + afterMs;
      while (connections.size > 0 && Date.now() < deadline) await wait(50);
      await close();
    },
    close,
  };
}

function withoutSockets(app: App): Gateway {
  const sender = startHintSender(app);
  const close = async () => sender.close();
  return { close, drain: close };
}
