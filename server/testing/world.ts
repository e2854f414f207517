import { v7 } from "uuid";
import type { Actor, App } from "../context.ts";
import type { Channel } from "../platform/feed.ts";
import { entityOf, type Values } from "./procedures.ts";
import { buildPushSubscription, deviceKeys } from "./push.ts";
import type { Scene } from "./scene.ts";
import { buildIdentity } from "./world.identity.ts";
import { buildComposedPerson, buildTokens } from "./world.machines.ts";
import { castMould, type Mould } from "./world.mould.ts";
import { buildNotifications } from "./world.notifications.ts";
import { buildTime } from "./world.time.ts";
import { buildWorkflow } from "./world.workflow.ts";

/** Everybody a rule can tell apart, around one private project; and one of every entity. */
export interface World {
  readonly people: Readonly<Record<Who, Actor | null>>;
  /** Ids by the name of their entity, as the router's inputs ask for them. */
  readonly ids: Record<string, string[]>;
  readonly taskKey: string;
  readonly channels: Channel[];
}

export const whos = [
  "signed-out",
  "stranger",
  "guest",
  "member",
  "admin",
  "owner",
  "viewer",
  "commenter",
  "editor",
  "manager",
  "composed",
] as const;
export type Who = (typeof whos)[number];

const moulds = new WeakMap<App, Promise<Mould<World>>>();

/** A world that nobody has touched, in a few milliseconds: it is arranged once per application, and copied since. */
export async function buildWorld(scene: Scene): Promise<World> {
  const { app } = scene;
  const mould = moulds.get(app) ?? castMould(app, () => arrangeWorld(scene));
  moulds.set(app, mould);
  return (await mould).pour();
}

/** Another world in a feed that holds nothing else, which makes comparing whole feeds cheap. */
export async function buildOnlyWorld(scene: Scene): Promise<World> {
  if (!moulds.has(scene.app)) await buildWorld(scene); // arranged, and what all others are copied from
  await scene.app.sql.query("truncate feed.changes, feed.heads");
  return buildWorld(scene);
}

async function arrangeWorld(scene: Scene): Promise<World> {
  const board = await scene.board();
  const { organization, owner, project, task } = board;
  const inOrganization = async (role: "guest" | "member" | "admin") =>
    scene.join(organization.id, await scene.person(), role);
  const { person: composed, roleIds } = await buildComposedPerson(scene, {
    ...{ organizationId: organization.id, projectId: project.id, owner },
  });
  const people = {
    "signed-out": null,
    composed,
    stranger: (await scene.organization()).owner,
    owner,
    guest: await inOrganization("guest"),
    member: await inOrganization("member"),
    admin: await inOrganization("admin"),
    viewer: await scene.personWith("viewer", project),
    commenter: await scene.personWith("commenter", project),
    editor: await scene.personWith("editor", project),
    manager: await scene.personWith("manager", project),
  };
  const second = await scene
    .caller(owner)
    .tasks.create({ projectId: project.id, title: "Second", statusId: board.todo.id });
  const insert = async (entity: string, sql: string, values: unknown[]) => {
    const id = v7();
    await scene.app.sql.query(sql, [id, organization.id, ...values]);
    ids[entity] = [id];
    return id;
  };
  const ids: Record<string, string[]> = {
    organization: [organization.id],
    project: [project.id],
    status: [board.todo.id, board.done.id, board.backlog.id],
    role: roleIds,
    ...(await buildTokens(scene, organization.id, owner)),
    label: [board.bug.id, board.feature.id],
    task: [task.id, second.id],
    user: [people.viewer.userId, people.editor.userId],
    session: [people.viewer.sessionId],
    pushSubscription: [await buildPushSubscription(scene, people.viewer)],
    identity: [await buildIdentity(scene, people.viewer)],
  };
  const memberId = "select id from organizations.members where organization_id = $1 and user_id = $2";
  ids["member"] = (await scene.app.sql.query<{ id: string }>(memberId, [organization.id, people.member.userId])).map(
    (row) => row.id,
  );
  const grantId = "select id from projects.project_members where project_id = $1 and user_id = $2";
  ids["projectMember"] = (await scene.app.sql.query<{ id: string }>(grantId, [project.id, people.viewer.userId])).map(
    (row) => row.id,
  );
  const team = await insert(
    "team",
    "insert into organizations.teams (id, organization_id, name, created_at, updated_at) values ($1, $2, $3, now(), now())",
    [`Team ${v7()}`],
  );
  await insert(
    "teamMember",
    "insert into organizations.team_members (id, organization_id, team_id, user_id, created_at) values ($1, $2, $3, $4, now())",
    [team, people.member.userId],
  );
  await insert(
    "invitation",
    `insert into organizations.invitations (id, organization_id, email, role, token_hash, token_salt, invited_by_id, expires_at, created_at, updated_at)
     values ($1, $2, $3, 'member', $4, 'salt', $5, now() + interval '1 day', now(), now())`,
    [`${v7()}@example.test`, v7(), owner.userId],
  );
  await insert(
    "taskLink",
    "insert into tasks.task_links (id, organization_id, project_id, blocker_id, blocked_id, created_at) values ($1, $2, $3, $4, $5, now())",
    [project.id, task.id, second.id],
  );
  await insert(
    "watch",
    "insert into tasks.watches (id, organization_id, project_id, task_id, user_id, created_at) values ($1, $2, $3, $4, $5, now()) on conflict do nothing",
    [project.id, task.id, people.viewer.userId],
  );
  const say = async (body: string, internal: boolean) =>
    (await scene.caller(owner).comments.create({ taskId: task.id, body, internal })).id;
  ids["comment"] = [await say("A remark", false), await say("Another", false), await say("Among ourselves", true)];
  await insert(
    "file",
    `with blob as (
      insert into files.blobs (id, organization_id, object_key, size_bytes, sha256, media_type, state, created_at)
      values ($1::uuid, $2, $1::uuid::text, 3, repeat('0', 64), 'text/plain', 'ready', now()) returning id
    ), file as (
      insert into files.files (id, organization_id, project_id, task_id, name, version_number, created_by_id, created_at, updated_at)
      values ($1::uuid, $2, $3, $4, 'notes.txt', 2, $5, now(), now()) returning id
    )
    insert into files.versions (id, organization_id, file_id, number, blob_id, created_by_id, created_at)
    select gen_random_uuid(), $2, file.id, n, blob.id, $5, now() from file, blob, generate_series(1, 2) as n`,
    [project.id, task.id, owner.userId],
  );
  await insert(
    "upload",
    `insert into files.uploads (id, organization_id, project_id, task_id, name, object_key, size_bytes, sha256, part_size_bytes, created_by_id, created_at, expires_at)
    values ($1::uuid, $2, $3, $4, 'notes.txt', $1::uuid::text, 3, repeat('0', 64), 3, $5, now(), now() + interval '1 day')`,
    [project.id, task.id, owner.userId],
  );
  await insert(
    "shareLink",
    `insert into files.share_links (id, organization_id, project_id, file_id, token_hash, created_by_id, created_at, expires_at)
    values ($1::uuid, $2, $3, $4, $1::uuid::text, $5, now(), now() + interval '1 day')`,
    [project.id, ids["file"]?.[0], owner.userId],
  );
  ids["notification"] = await buildNotifications(scene, task, [owner, people.editor, people.viewer]);
  await buildWorkflow(scene, ids, { organization, project, task, viewer: people.viewer, owner });
  const around = { owner, member: people.member, organizationId: organization.id, projectId: project.id };
  const time = await buildTime(scene, around);
  Object.assign(ids, time.ids);
  const channels: Channel[] = [
    `project:${project.id}`,
    `organization:${organization.id}`,
    `organization-admins:${organization.id}`,
    ...[task, second].flatMap(({ id }): Channel[] => [`task:${id}`, `task-internal:${id}`]),
    ...time.channels,
  ];
  return { people, ids, taskKey: task.key, channels };
}

/** Values that name the world's own entities, always the first choice: a plain, valid input. */
export function plainValues(world: World): Values {
  return {
    id: (field) => {
      if (field === "epoch") return v7();
      const entity = entityOf(field);
      const another = /^(after|before|blocked|parent|handOver)/.test(field); // a task is not its own neighbour
      const id = world.ids[entity]?.[another ? 1 : 0];
      if (!id) throw new Error(`buildWorld has no ${entity}, which ${field} asks for`);
      return id;
    },
    channel: () => world.channels[0] as Channel,
    pick: (choices) => choices[0] as (typeof choices)[number],
    text: (field) => (field === "taskKey" ? world.taskKey : (plainTexts[field] ?? "Sample")),
    integer: (minimum) => minimum,
  };
}

/** As `plainValues`, with every optional field present and something in every list. */
export const fullValues = (world: World): Values => ({
  ...plainValues(world),
  pick: (choices) => (typeof choices[0] === "object" ? choices[0] : choices.at(-1)) as (typeof choices)[number],
});

/** Texts that have a form of their own. */
export const plainTexts: Record<string, string> = {
  email: "somebody@example.test",
  username: "somebody@example.test",
  password: "correct horse battery staple",
  currentPassword: "correct horse battery staple",
  newEmail: "somebody-else@example.test",
  newPassword: "another horse battery staple",
  key: "SAMPLE",
  color: "#336699",
  currency: "EUR",
  task: "SAMPLE-1",
  project: "SAMPLE",
  from: "09:00",
  to: "10:30",
  slug: "sample",
  scopes: "task.read",
  locale: "en",
  timeZone: "UTC",
  rule: "FREQ=DAILY",
  startsAt: "2026-01-05T09:00",
  timeOfDay: "09:00",
  columns: "key",
  endpoint: "https://push.example.test/device",
  ...deviceKeys(),
  emoji: "👍",
  fieldFilters: "01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05:is:High",
  cursor: "",
  sha256: "0".repeat(64),
  code: "000000",
  codeVerifier: "v".repeat(43),
};
