import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A network between a client and a server that can fail. */
export interface Network {
  /** Where clients connect. */
  readonly port: number;
  /** Resets every connection; new ones are accepted. */
  cut(): void;
  /** Resets every connection and accepts no new ones until `restore`. */
  unplug(): void;
  restore(): void;
  close(): Promise<void>;
}

/** Carries bytes to `target` on this machine. */
export async function openNetwork(target: () => number): Promise<Network> {
  const sockets = new Set<Socket>();
  let unplugged = false;
  const server = createServer((near) => {
    if (unplugged) return near.destroy();
    const far = connect(target(), "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    unplug() {
      unplugged = true;
      cut();
    },
    restore() {
      unplugged = false;
    },
    close() {
      cut();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
