import type { Logger } from "pino";
import { type Sql, statement } from "./sql.ts";

/** Access tokens that hold no more although they have not expired. */
export interface RevokedTokens {
  /** Wrong for at most a second after a revocation on another node; on this one not at all. */
  has(tokenId: string): Promise<boolean> | boolean;
  /** This node knows at once; the row in the database tells the others. */
  add(tokenId: string, expiresAt: Date): void;
  close(): void;
}

declare module "./services.ts" {
  interface Services {
    readonly revokedTokens: RevokedTokens;
  }
}

const pollMs = 400;
/** A revocation is seen when it is committed, which may be some time after the instant it carries. */
const overlapMs = 10_000;

const readStatement = statement(
  "revoked-tokens.read",
  `select clock_timestamp() as now, coalesce(json_agg(json_build_object('tokenId', r.token_id, 'expiresAt', r.expires_at)), '[]') as tokens
  from auth.revoked_tokens r where r.expires_at > now() and r.revoked_at > $1`,
);

/**
 * Reads what was revoked, again and again: no broker is needed for every node to know within a second. It holds as many
 * as have not expired, and tokens live for an hour at most.
 */
export function createRevokedTokens(sql: Sql, log: Logger): RevokedTokens {
  const revoked = new Map<string, number>();
  let since = new Date(0);
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failing = false;

  async function read(): Promise<void> {
    type Row = { now: string; tokens: { tokenId: string; expiresAt: string }[] };
    const [{ now, tokens }] = (await sql.query<Row>(readStatement, [since])) as [Row];
    for (const { tokenId, expiresAt } of tokens) revoked.set(tokenId, Date.parse(expiresAt));
    since = new Date(Date.parse(now) - overlapMs); // the database's clock: nodes may disagree about the time
    for (const [tokenId, expiresAtMs] of revoked) if (expiresAtMs < Date.now()) revoked.delete(tokenId);
  }

  async function poll(): Promise<void> {
    try {
      await read();
      failing = false;
    } catch (error) {
      if (!failing && !closed) log.warn({ err: error }, "Revoked tokens cannot be read; calls fail like this, too");
      failing = true;
    }
    if (closed) return;
    timer = setTimeout(poll, pollMs);
    timer.unref();
  }

  // Nobody is let in before the first look.
  let first: Promise<void> | null = poll().then(() => {
    if (!failing) first = null;
  });
  const isRevoked = (tokenId: string) => (revoked.get(tokenId) ?? 0) > Date.now();

  return {
    has: (tokenId) => (first ? first.then(() => isRevoked(tokenId)) : isRevoked(tokenId)),
    add: (tokenId, expiresAt) => void revoked.set(tokenId, expiresAt.getTime()),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
