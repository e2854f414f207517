import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** The harmless text that every scanner finds (https://www.eicar.org/download-anti-malware-testfile/), in two pieces. */
export const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"}`;

export interface TestClamd {
  readonly url: string;
  /** Whether it answers; otherwise it hangs up. */
  works: boolean;
  close(): Promise<void>;
}

/** Speaks clamd's INSTREAM protocol on a socket, and finds the EICAR text. @param limitBytes its StreamMaxLength */
export async function startClamd(limitBytes = 25 * 1024 * 1024): Promise<TestClamd> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    void serve(socket).catch(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const clamd: TestClamd = {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    works: true,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return clamd;

  async function serve(socket: Socket): Promise<void> {
    if (!clamd.works) return void socket.destroy();
    let pending = Buffer.alloc(0);
    const closed = once(socket, "close");
    closed.catch(() => {}); // then reading fails, too
    const take = async (bytes: number): Promise<Buffer> => {
      while (pending.length < bytes) {
        const chunk = socket.read() as Buffer | null;
        if (chunk) pending = Buffer.concat([pending, chunk]);
        else if (socket.readableEnded || socket.destroyed) throw new Error("cut off");
        else await Promise.race([once(socket, "readable"), closed]);
      }
      const taken = pending.subarray(0, bytes);
      pending = pending.subarray(bytes);
      return taken;
    };
    if ((await take(10)).toString() !== "zINSTREAM\0") return void socket.end("UNKNOWN COMMAND\0");
    let seen = Buffer.alloc(0);
    for (;;) {
      const length = (await take(4)).readUInt32BE();
      if (length === 0) break;
      seen = Buffer.concat([seen, await take(length)]);
      if (seen.length > limitBytes) return void socket.end("INSTREAM size limit exceeded. ERROR\0");
    }
    socket.end(seen.includes(eicar) ? "stream: Eicar-Signature FOUND\0" : "stream: OK\0");
  }
}
