import type { Server, Socket } from "socket.io";
import type { Channel } from "../server/platform/feed.ts";
import type { SignedIn } from "./connection.ts";
import type { ClientToServerEvents, PresentMember, ServerToClientEvents, TypingFrame } from "./contract.ts";
import type { Hint } from "./hints.ts";

/** What nodes tell each other; all of it may get lost. */
export interface NodeEvents {
  changes: (hints: Hint[]) => void;
  presence: (nodeId: string, channel: Channel, members: PresentMember[], total: number) => void;
  /** Asks the others for who is present where this node knows nobody yet. */
  "presence:ask": (channel: Channel) => void;
  typing: (frame: TypingFrame) => void;
}

export interface SocketData {
  who: SignedIn;
}

export type GatewayServer = Server<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>;
export type GatewaySocket = Socket<ClientToServerEvents, ServerToClientEvents, NodeEvents, SocketData>;
