import type { Actor, Ctx } from "../context.ts";
import { notFound } from "../errors.ts";
import { type Channel, type ChannelKind, channelKinds } from "../platform/feed.ts";
import { type Sql, type Statement, statement } from "../platform/sql.ts";
import { projectRoleSql } from "./projects/project.access.ts";
import { grantsSql, memberGrantsSql } from "./rights.ts";
import { accountScope, requireScope } from "./scopes.ts";

/** A channel taken apart. */
export interface ChannelName {
  readonly kind: ChannelKind;
  readonly id: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The parts of a channel's name, or null when it is none. */
export function parseChannel(channel: string): ChannelName | null {
  const [kind, id, ...rest] = channel.split(":");
  if (rest.length > 0 || !id || !uuid.test(id) || !channelKinds.some((known) => known === kind)) return null;
  return { kind: kind as ChannelKind, id };
}

/** Which of the pairs (audience `$1[n]`, person `$2[n]`) may read; per kind of channel. */
const asked = "unnest($1::uuid[], $2::uuid[]) as asked (audience, person)";
const readers: Record<ChannelKind, Statement> = {
  user: statement(
    "channel.readers-of-user",
    `select asked.* from ${asked} join auth.users u on u.id = asked.person where asked.audience = asked.person and u.disabled_at is null`,
  ),
  organization: statement(
    "channel.readers-of-organization",
    `select asked.* from ${asked} join organizations.members m on m.organization_id = asked.audience and m.user_id = asked.person where m.role <> 'guest'`,
  ),
  "organization-admins": statement(
    "channel.readers-of-organization-admins",
    `select asked.* from ${asked} join organizations.members m on m.organization_id = asked.audience and m.user_id = asked.person where m.role in ('owner', 'admin')`,
  ),
  /** Who may see money. */
  "organization-rates": statement(
    "channel.readers-of-organization-rates",
    `select asked.* from ${asked} join organizations.members m on m.organization_id = asked.audience and m.user_id = asked.person
    where ${memberGrantsSql("m", "time.read-money")}`,
  ),
  project: statement(
    "channel.readers-of-project",
    `select asked.* from ${asked} join projects.projects p on p.id = asked.audience where ${projectRoleSql("p", "asked.person")} > 0`,
  ),
  /** Who may read others' time. */
  "project-time": statement(
    "channel.readers-of-project-time",
    `select asked.* from ${asked} join projects.projects p on p.id = asked.audience where ${grantsSql(projectRoleSql("p", "asked.person"), "time.read-others")}`,
  ),
  /** Whose it is, while they are in the organization, and who may approve it. */
  timesheet: statement(
    "channel.readers-of-timesheet",
    `select asked.* from ${asked} join time.timesheets ts on ts.id = asked.audience
    join organizations.members m on m.organization_id = ts.organization_id and m.user_id = asked.person
    where m.user_id = ts.user_id or ${memberGrantsSql("m", "timesheet.approve")}`,
  ),
  /** Who may read the task's project, unless the task is in the trash. */
  task: statement(
    "channel.readers-of-task",
    `select asked.* from ${asked} join tasks.tasks t on t.id = asked.audience and t.deleted_at is null
    join projects.projects p on p.id = t.project_id where ${projectRoleSql("p", "asked.person")} > 0`,
  ),
  /** The same without guests of the organization. */
  "task-internal": statement(
    "channel.readers-of-task-internal",
    `select asked.* from ${asked} join tasks.tasks t on t.id = asked.audience and t.deleted_at is null
    join projects.projects p on p.id = t.project_id
    join organizations.members m on m.organization_id = t.organization_id and m.user_id = asked.person
    where m.role <> 'guest' and ${projectRoleSql("p", "asked.person")} > 0`,
  ),
  /** Who may read the project: its dashboard tells of no person. */
  dashboard: statement(
    "channel.readers-of-dashboard",
    `select asked.* from ${asked} join projects.projects p on p.id = asked.audience where ${projectRoleSql("p", "asked.person")} > 0`,
  ),
  /** Who may read others' time: in a small project, all of it less one's own is somebody's. */
  "dashboard-time": statement(
    "channel.readers-of-dashboard-time",
    `select asked.* from ${asked} join projects.projects p on p.id = asked.audience where ${grantsSql(projectRoleSql("p", "asked.person"), "time.read-others")}`,
  ),
};

/** A person and a channel they want to read, or do. */
export interface Reading {
  readonly channel: Channel;
  readonly userId: string;
}

/** Those of the given readings that are allowed now, with one statement per kind of channel. */
export async function allowedReadings<R extends Reading>(sql: Sql, readings: readonly R[]): Promise<Set<R>> {
  const kinds = Map.groupBy(readings, (reading) => parseChannel(reading.channel)?.kind);
  const allowed = await Promise.all(
    channelKinds.map(async (kind) => {
      const given = kinds.get(kind) ?? [];
      if (given.length === 0) return [];
      const audiences = given.map((reading) => reading.channel.slice(kind.length + 1));
      const rows = await sql.query<{ audience: string; person: string }>(readers[kind], [
        audiences,
        given.map((reading) => reading.userId),
      ]);
      const found = new Set(rows.map((row) => `${row.audience} ${row.person}`));
      return given.filter((reading, at) => found.has(`${audiences[at]} ${reading.userId}`));
    }),
  );
  return new Set(allowed.flat());
}

/** Those of the given people who may read a channel now. */
export async function readersOf(sql: Sql, channel: Channel, userIds: readonly string[]): Promise<Set<string>> {
  const allowed = await allowedReadings(
    sql,
    userIds.map((userId) => ({ channel, userId })),
  );
  return new Set([...allowed].map((reading) => reading.userId));
}

/** What a token must be good for to read a channel: what its snapshot tells of. */
const channelScopes: Record<ChannelKind, readonly string[]> = {
  user: [accountScope],
  organization: ["organization.read-people", "organization-file.read"],
  "organization-admins": ["invitation.manage", "service-account.manage", "timesheet.approve"],
  "organization-rates": ["time.read-money"],
  project: ["project.read", "task.read", "file.read"],
  "project-time": ["time.read-others"],
  timesheet: ["time.read-own", "time.read-others"],
  dashboard: ["analytics.read"],
  "dashboard-time": ["analytics.read", "time.read-others"],
  task: ["comment.read"],
  "task-internal": ["comment.read", "comment.internal", "file.read"],
};

/** @throws AppError `access.denied` with `details.scope` | `not-found` (no channel) */
export function requireChannelScope(actor: Pick<Actor, "scopes">, channel: string): void {
  if (actor.scopes === undefined) return;
  const name = parseChannel(channel);
  if (!name) throw notFound("channel", channel);
  for (const scope of channelScopes[name.kind]) requireScope(actor, scope);
}

/**
 * The door to a channel.
 *
 * @throws AppError `not-found` when it is no channel, or not the caller's to read | `access.denied` (beyond the token)
 */
export async function accessChannel(ctx: Ctx, channel: string): Promise<Channel> {
  requireChannelScope(ctx.actor, channel);
  const allowed = await readersOf(ctx.sql, channel as Channel, [ctx.actor.userId]);
  if (!allowed.has(ctx.actor.userId)) throw notFound("channel", channel);
  return channel as Channel;
}
