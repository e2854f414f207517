import { type Adapter, Lucia, TimeSpan } from "lucia";
import type { App } from "../../context.ts";
import { hashOfSecret } from "../../platform/secrets.ts";
import { type Sql, statement } from "../../platform/sql.ts";

/** What a session is besides its secret. */
interface SessionAttributes {
  /** The public id; Lucia's own id is the secret in the cookie. */
  publicId: string;
  ip: string;
  userAgent: string;
  createdAt: Date;
}

declare module "lucia" {
  interface Register {
    Lucia: ReturnType<typeof luciaOn>;
    DatabaseSessionAttributes: SessionAttributes;
  }
}

const findStatement = statement(
  "lucia.find",
  `select s.id, s.user_id as "userId", s.ip, s.user_agent as "userAgent", s.created_at as "createdAt", s.expires_at as "expiresAt",
    u.disabled_at is not null as disabled
  from auth.sessions s join auth.users u on u.id = s.user_id where s.token_hash = $1`,
);
const insertStatement = statement(
  "lucia.insert",
  `insert into auth.sessions (token_hash, id, user_id, expires_at, ip, user_agent, created_at, last_used_at)
  values ($1, $2, $3, $4, $5, $6, $7, $7)`,
);

interface FoundSession {
  id: string;
  userId: string;
  ip: string;
  userAgent: string;
  createdAt: string;
  expiresAt: string;
  disabled: boolean;
}

/**
 * Lucia on `auth.sessions`: makes sessions, finds them by cookie, writes the cookies. Only the hash of its session id is
 * stored. Whatever extends or ends a session is a change of the feed and belongs to the operations.
 */
export const luciaOn = ({ config }: Pick<App, "config">, sql: Sql) =>
  new Lucia(adapterOn(sql), {
    sessionExpiresIn: new TimeSpan(config.SESSION_DAYS, "d"),
    sessionCookie: {
      // The prefix makes browsers refuse the cookie from a subdomain or without TLS (RFC 6265bis §4.1.3.2).
      name: config.NODE_ENV === "production" ? "__Host-taskwire" : "taskwire",
      expires: false, // outlives the session, which is extended without the cookie being written again
      attributes: { sameSite: "lax", path: "/", secure: config.NODE_ENV === "production" },
    },
    getSessionAttributes: ({ publicId }) => ({ publicId }),
  });

const adapterOn = (sql: Sql): Adapter => ({
  async getSessionAndUser(secret) {
    const [found] = await sql.query<FoundSession>(findStatement, [hashOfSecret(secret)]);
    if (!found) return [null, null];
    const { id: publicId, userId, ip, userAgent, createdAt, expiresAt, disabled } = found;
    const attributes = { publicId, ip, userAgent, createdAt: new Date(createdAt) };
    const session = { id: secret, userId, expiresAt: new Date(expiresAt), attributes };
    return [session, disabled ? null : { id: userId, attributes: {} }];
  },
  async setSession({ id, userId, expiresAt, attributes: { publicId, ip, userAgent, createdAt } }) {
    await sql.query(insertStatement, [hashOfSecret(id), publicId, userId, expiresAt, ip, userAgent, createdAt]);
  },
  deleteSession: async () => {}, // an expired one is ended, and recorded, by removeExpiredSessions
  updateSessionExpiration: async () => {}, // authenticating writes nothing; refreshing extends
  getUserSessions: unused,
  deleteUserSessions: unused,
  deleteExpiredSessions: unused,
});

function unused(): never {
  throw new Error("Sessions are listed and ended by operations");
}
