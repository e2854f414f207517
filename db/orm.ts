import type { Socket } from "node:net";
import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, type EntityManager, MikroORM, UnderscoreNamingStrategy } from "@mikro-orm/postgresql";
import type { Pool, PoolClient } from "pg";
import { User } from "./entities/auth.ts";
import { Invitation, Member, Organization, Role, Team, TeamMember } from "./entities/organizations.ts";
import {
  Field,
  Label,
  Milestone,
  Project,
  ProjectMember,
  Sprint,
  Status,
  Template,
  Transition,
} from "./entities/projects.ts";
import { Recurrence, Reminder, SavedView } from "./entities/tasks.ts";
import { Activity, Rate, TimeSettings } from "./entities/time.ts";
import { Migration20261122000001_live_core } from "./migrations/Migration20261122000001_live_core.ts";
import { Migration20261122000002_workers } from "./migrations/Migration20261122000002_workers.ts";
import { Migration20261122000003_comments } from "./migrations/Migration20261122000003_comments.ts";
import { Migration20261122000004_files } from "./migrations/Migration20261122000004_files.ts";
import { Migration20261125000005_notifications } from "./migrations/Migration20261125000005_notifications.ts";
import { Migration20261125000006_mail } from "./migrations/Migration20261125000006_mail.ts";
import { Migration20261125000007_attachments } from "./migrations/Migration20261125000007_attachments.ts";
import { Migration20261125000008_identity } from "./migrations/Migration20261125000008_identity.ts";
import { Migration20261125000009_machines } from "./migrations/Migration20261125000009_machines.ts";
import { Migration20261125000010_workflow } from "./migrations/Migration20261125000010_workflow.ts";
import { Migration20261125000011_recurrence } from "./migrations/Migration20261125000011_recurrence.ts";
import { Migration20261125000012_templates } from "./migrations/Migration20261125000012_templates.ts";
import { Migration20261125000013_time } from "./migrations/Migration20261125000013_time.ts";
import { Migration20261125000014_analytics } from "./migrations/Migration20261125000014_analytics.ts";
import { Migration20261125000015_tracing } from "./migrations/Migration20261125000015_tracing.ts";
import { Migration20261125000017_time_spent } from "./migrations/Migration20261125000017_time_spent.ts";
import { Migration20261125000018_keys } from "./migrations/Migration20261125000018_keys.ts";
import { Migration20261125000019_due_days } from "./migrations/Migration20261125000019_due_days.ts";
import { Migration20261125000020_moves } from "./migrations/Migration20261125000020_moves.ts";
import { Migration20261125000021_ends } from "./migrations/Migration20261125000021_ends.ts";

export const entities = [
  User,
  Organization,
  Member,
  Role,
  Invitation,
  Team,
  TeamMember,
  Project,
  ProjectMember,
  Status,
  Label,
  Field,
  Transition,
  Sprint,
  Milestone,
  Template,
  Recurrence,
  Reminder,
  SavedView,
  TimeSettings,
  Activity,
  Rate,
];

/** In order; a new migration joins at the end. Named here rather than found on disk, so that a stray file cannot run. */
const migrationsList = [
  { name: "Migration20261122000001_live_core", class: Migration20261122000001_live_core },
  { name: "Migration20261122000002_workers", class: Migration20261122000002_workers },
  { name: "Migration20261122000003_comments", class: Migration20261122000003_comments },
  { name: "Migration20261122000004_files", class: Migration20261122000004_files },
  { name: "Migration20261125000007_attachments", class: Migration20261125000007_attachments },
  { name: "Migration20261125000009_machines", class: Migration20261125000009_machines },
  { name: "Migration20261125000005_notifications", class: Migration20261125000005_notifications },
  { name: "Migration20261125000010_workflow", class: Migration20261125000010_workflow },
  { name: "Migration20261125000008_identity", class: Migration20261125000008_identity },
  { name: "Migration20261125000014_analytics", class: Migration20261125000014_analytics },
  { name: "Migration20261125000015_tracing", class: Migration20261125000015_tracing },
  { name: "Migration20261125000013_time", class: Migration20261125000013_time },
  { name: "Migration20261125000006_mail", class: Migration20261125000006_mail },
  { name: "Migration20261125000011_recurrence", class: Migration20261125000011_recurrence },
  { name: "Migration20261125000012_templates", class: Migration20261125000012_templates },
  { name: "Migration20261125000018_keys", class: Migration20261125000018_keys },
  { name: "Migration20261125000017_time_spent", class: Migration20261125000017_time_spent },
  { name: "Migration20261125000019_due_days", class: Migration20261125000019_due_days },
  { name: "Migration20261125000020_moves", class: Migration20261125000020_moves },
  { name: "Migration20261125000021_ends", class: Migration20261125000021_ends },
];

/** An open database: the entity manager's root and the pool below it, which raw statements share. */
export interface Database {
  readonly em: EntityManager;
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Limits that hold for every connection of a request (DESIGN §8). */
const timeouts = { lock_timeout: 2_000, idle_in_transaction_session_timeout: 3_000, statement_timeout: 5_000 };

/** How alike two words must be for the search to take one for the other: 0 to 1. */
const search = { "pg_trgm.word_similarity_threshold": 0.35 };

/** Compiling a statement takes longer than ours run. */
const planner = { jit: "off" };

const options = (url: string) =>
  defineConfig({
    clientUrl: url,
    entities,
    namingStrategy: UnderscoreNamingStrategy,
    extensions: [Migrator],
    forceUtcTimezone: true,
    migrations: {
      migrationsList,
      tableName: "migrations",
      schema: "public",
      snapshot: false,
      silent: true,
      transactional: true,
    },
    allowGlobalContext: true,
  });

/**
 * Opens the database. Statements are pipelined: those sent without waiting for each other share a round trip.
 *
 * @param poolSize connections at most
 */
export async function openDatabase(url: string, poolSize: number): Promise<Database> {
  const orm = await MikroORM.init({
    ...options(url),
    pool: { min: 0, max: poolSize },
    driverOptions: {
      pipeline: true,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      application_name: "taskwire",
      options: Object.entries({ ...timeouts, ...search, ...planner, timezone: "UTC" })
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(" "),
    },
  });
  const pool = (await (
    orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> }
  ).getNativeClient()) as Pool;
  pool.on("connect", gatherWrites);
  return { em: orm.em, pool, close: () => orm.close() };
}

/** Statements sent in one turn of the event loop leave in one write, which spares both sides a wake-up for each. */
function gatherWrites(client: PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  const plain: PoolClient = Object.getPrototypeOf(client);
  let gathering = false;
  client.query = ((...args: unknown[]) => {
    if (!gathering) {
      const { stream } = connection;
      gathering = true;
      stream.cork();
      process.nextTick(() => {
        gathering = false;
        stream.uncork();
      });
    }
    return Reflect.apply(plain.query, client, args);
  }) as typeof client.query;
}

/**
 * Brings a database to the newest schema, or to that of an earlier migration; many processes may call it at once, one
 * does it.
 *
 * @returns the names of the migrations that it ran
 */
export async function migrate(url: string, to?: string): Promise<string[]> {
  const orm = await MikroORM.init({ ...options(url), pool: { min: 0, max: 2 } });
  const pool = (await (
    orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> }
  ).getNativeClient()) as Pool;
  const lock = await pool.connect();
  try {
    await lock.query("select pg_advisory_lock(hashtext('taskwire.migrate'))");
    const ran = await orm.migrator.up(to ? { to } : {});
    return ran.map(({ name }) => name);
  } finally {
    lock.release(true); // closing the connection ends the lock
    await orm.close();
  }
}

/** The names of all migrations, in order. */
export const migrationNames: readonly string[] = migrationsList.map(({ name }) => name);
