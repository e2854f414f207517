import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { v7 } from "uuid";
import { readConfig } from "../../server/config.ts";
import { createTokens } from "../../server/platform/tokens.ts";

/** Somebody of the organization, with a session of their own. */
export interface Person {
  readonly userId: string;
  readonly sessionId: string;
}

export interface SignedInPerson extends Person {
  readonly token: string;
}

/** An organization with an owner and many members. */
export async function seedPeople(pool: Pool, count: number): Promise<{ organizationId: string; people: Person[] }> {
  const organizationId = v7();
  const people = Array.from({ length: count }, () => ({ userId: v7(), sessionId: v7() }));
  const ids = people.map((person) => person.userId);
  const sessions = people.map((person) => person.sessionId);
  await pool.query(
    `insert into organizations.organizations (id, name, slug, created_at, updated_at) values ($1, 'Bench', 'bench', now(), now())`,
    [organizationId],
  );
  await pool.query(
    `insert into auth.users (id, email, name, password_hash, created_at, updated_at)
    select id, id || '@example.test', 'Person ' || n, 'none', now(), now() from unnest($1::uuid[]) with ordinality as p (id, n)`,
    [ids],
  );
  await pool.query(
    `insert into auth.sessions (token_hash, id, user_id, expires_at, ip, user_agent, created_at, last_used_at)
    select hash, id, person, now() + interval '1 day', '127.0.0.1', 'bench', now(), now()
    from unnest($1::text[], $2::uuid[], $3::uuid[]) as s (hash, id, person)`,
    [sessions.map((id) => createHash("sha256").update(id).digest("base64url")), sessions, ids],
  );
  await pool.query(
    `insert into organizations.members (id, organization_id, user_id, role, created_at, updated_at)
    select gen_random_uuid(), $1, id, case n when 1 then 'owner' else 'member' end, now(), now()
    from unnest($2::uuid[]) with ordinality as p (id, n)`,
    [organizationId, ids],
  );
  return { organizationId, people };
}

/** Access tokens as the server itself would sign them, with the key it was started with. */
export async function signTokens(people: readonly Person[], env: Record<string, string>): Promise<SignedInPerson[]> {
  const tokens = await createTokens(readConfig(env));
  const now = new Date();
  return Promise.all(
    people.map(async (person) => ({ ...person, token: (await tokens.mint(person, person.sessionId, now)).token })),
  );
}
