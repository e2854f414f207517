import type { GatewaySocket } from "./io.ts";

/** Below Engine.IO: the WebSocket itself. */
interface RawSocket {
  readonly bufferedAmount: number;
  terminate(): void;
}

interface Packet {
  data?: unknown;
  options?: { wsPreEncodedFrame?: Buffer[] };
}

/**
 * Measures what a socket has not sent yet. Engine.IO hands the WebSocket one batch at a time and queues the rest, so both
 * must be counted: the WebSocket's own buffer, and the packets created since the last batch.
 */
export function measureBacklog(
  socket: GatewaySocket,
  on: { grown: (unsentBytes: number) => void; drained: () => void },
): { unsentBytes(): number; cut(): void } {
  const { conn } = socket;
  const { transport } = conn;
  const raw = (transport as unknown as { socket: RawSocket }).socket;
  let queuedBytes = 0;
  const unsentBytes = () => queuedBytes + raw.bufferedAmount;

  conn.on("packetCreate", (packet: Packet) => {
    queuedBytes += sizeOf(packet);
    on.grown(unsentBytes());
  });
  conn.on("flush", () => {
    queuedBytes = 0;
  });
  transport.on("drain", () => {
    if (queuedBytes === 0) on.drained();
  });
  return { unsentBytes, cut: () => raw.terminate() };
}

function sizeOf({ data, options }: Packet): number {
  if (options?.wsPreEncodedFrame) return options.wsPreEncodedFrame.reduce((sum, part) => sum + part.length, 0);
  return typeof data === "string" ? Buffer.byteLength(data) : 0;
}
