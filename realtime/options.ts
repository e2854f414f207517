/** The gateway's clocks and bounds. Tests turn them down; nothing else needs to. */
export const defaultOptions = {
  /** How often the heads of all served channels are asked for. */
  headsPollMs: 1_000,
  /** How often sessions and memberships are looked at again. */
  sweepMs: 1_000,
  /** Memberships looked at again per sweep; the others wait for the next ones. */
  sweepReadings: 2_000,
  /** How long a change may be late behind its successors before it is fetched. */
  repairAfterMs: 15,
  /** How long a channel that nobody listens to is kept warm. */
  lingerMs: 30_000,
  /** How often a socket is told the heads of its channels. */
  headsToClientMs: 15_000,
  /** Unsent bytes from which on a socket gets nothing more until it drains. */
  maxUnsentBytes: 1024 * 1024,
  /** How long a socket may stay behind before it is cut off. */
  maxLagMs: 30_000,
  /** Least time between two presence frames of a channel. */
  presenceMs: 1_000,
  /** How often a node repeats to the others who is present; three times this without a word and it counts as gone. */
  presenceRefreshMs: 10_000,
  typingExpiresMs: 6_000,
  /** Channels joined per socket. */
  maxChannels: 200,
  /** Requests per socket: steadily so many a second, and a burst on top. */
  requestsPerSecond: 20,
  requestBurst: 300,
  /** Refused requests per second from which on a socket is disconnected. */
  maxRefusalsPerSecond: 200,
} as const;

export type GatewayOptions = { readonly [Name in keyof typeof defaultOptions]: number };
