import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { AccessScope } from "../consequences.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { decidesOnSheetSql } from "../time/timesheet.access.ts";
import { notificationDropped, preferenceReset, taskUnmuted, watchLevelReset } from "./notification.events.ts";
import { holdOrganization, holdOrganizationOfProject, holdSubjects } from "./notification.locks.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";
import {
  type PreferenceView,
  preferenceColumns,
  type TaskMuteView,
  taskMuteColumns,
  type WatchLevelView,
  watchLevelColumns,
} from "./preference.view.ts";

/** What people hold of something: which rows, by a condition on an alias; false: none of that kind. */
interface Holdings {
  notifications: string;
  preferences: string | false;
  levels: string | false;
  mutes: string | false;
}

/** Deletes what people hold in their own channels, and tells them. */
function dropHeld(name: string, { notifications, preferences, levels, mutes }: Holdings) {
  const deletion = (table: string, alias: string, columns: string, where: string | false) =>
    where === false
      ? null
      : statement(
          `${name}.${table}`,
          `delete from notifications.${table} ${alias} where ${where} returning ${columns}`,
        );
  const statements = {
    notifications: deletion("notifications", "n", `${notificationColumns}, ${inInbox} as "inInbox"`, notifications),
    preferences: deletion("preferences", "np", preferenceColumns, preferences),
    levels: deletion("watch_levels", "wl", watchLevelColumns, levels),
    mutes: deletion("task_mutes", "tm", taskMuteColumns, mutes),
  };
  return async (ctx: PublicCtx, values: readonly unknown[]): Promise<void> => {
    const dropped = <V extends object>(of: keyof typeof statements): Promise<V[]> => {
      const found = statements[of];
      return found ? ctx.sql.query<V>(found, values) : Promise.resolve([]);
    };
    const [gone, reset, unheard, unmuted] = await Promise.all([
      dropped<NotificationView & { inInbox: boolean }>("notifications"),
      dropped<PreferenceView>("preferences"),
      dropped<WatchLevelView>("levels"),
      dropped<TaskMuteView>("mutes"),
    ]);
    for (const { inInbox, ...notification } of gone) if (inInbox) record(ctx, notificationDropped, notification, null);
    for (const preference of reset) record(ctx, preferenceReset, preference, null);
    for (const level of unheard) record(ctx, watchLevelReset, level, null);
    for (const mute of unmuted) record(ctx, taskUnmuted, mute, null);
  };
}

const ofMember = (row: string) => `${row}.organization_id = $1 and ${row}.user_id = $2`;
const dropOfLeaver = dropHeld("notification.of-leaver", {
  notifications: ofMember("n"),
  preferences: ofMember("np"),
  levels: ofMember("wl"),
  mutes: ofMember("tm"),
});

/** Who leaves an organization keeps nothing that they were told there. */
export async function leaveNotifications(
  ctx: Ctx,
  { organizationId, userId }: { organizationId: string; userId: string },
) {
  await holdOrganization(ctx, organizationId);
  await dropOfLeaver(ctx, [organizationId, userId]);
  return undefined;
}

/** Of the people and the project in the scope `$1` to `$3`. */
const inScope = (row: string) => `${row}.organization_id = $1 and ($2::uuid[] is null or ${row}.user_id = any($2))
  and ($3::uuid is null or ${row}.project_id = $3)`;
/** In a project that its person can no longer read; rights are asked once for each pair. */
const isHidden = (table: string, row: string) => `(${row}.user_id, ${row}.project_id) in (
  select pair.user_id, pair.project_id
  from (select distinct own.user_id, own.project_id from notifications.${table} own where ${inScope("own")}) pair
  join projects.projects p on p.id = pair.project_id where coalesce(${projectRoleSql("p", "pair.user_id")}, 0) = 0)`;
const outOfSight = (table: string, row: string) => `${inScope(row)} and ${isHidden(table, row)}`;
const isMember = "m.organization_id = n.organization_id and m.user_id = n.user_id";
/** What guests hear nothing of. */
const isForInsiders = `n.internal and exists (select from organizations.members m where ${isMember} and m.role = 'guest')`;
/** Of a sheet on which its person decides no longer. It is of no project, and rights in any may have decided. */
const isForDeciders = `n.organization_id = $1 and ($2::uuid[] is null or n.user_id = any($2)) and n.event = 'timesheet-submitted'
  and exists (select from organizations.members m where ${isMember} and not ${decidesOnSheetSql("n.subject_id", "m")})`;
const dropHidden = dropHeld("notification.hidden", {
  notifications: `${inScope("n")} and (${isHidden("notifications", "n")} or ${isForInsiders}) or ${isForDeciders}`,
  preferences: outOfSight("preferences", "np"),
  levels: outOfSight("watch_levels", "wl"),
  mutes: outOfSight("task_mutes", "tm"),
});

/** Takes from people what they were told of what they cannot see any more, once their access has changed. */
export async function dropHiddenNotifications(ctx: PublicCtx, { organizationId, userIds, projectId }: AccessScope) {
  return async () => {
    await holdOrganization(ctx, organizationId);
    await dropHidden(ctx, [organizationId, userIds ?? null, projectId ?? null]);
  };
}

const dropOfTasks = dropHeld("notification.of-tasks", {
  notifications: "n.task_id = any($1::uuid[])",
  preferences: false,
  levels: false,
  mutes: "tm.task_id = any($1::uuid[])",
});
/** So that nobody is told of them, or mutes them, meanwhile. */
const lockTasks = statement(
  "notification.lock-tasks",
  "select from tasks.tasks where id = any($1::uuid[]) order by id for update",
);

/** Tasks that go for ever are nobody's news any more. */
export async function dropTaskNotifications(ctx: Ctx, { taskIds }: { taskIds: readonly string[] }) {
  await Promise.all([holdSubjects(ctx, taskIds), ctx.sql.query(lockTasks, [taskIds]), dropOfTasks(ctx, [taskIds])]);
  return undefined;
}

const dropOfProject = dropHeld("notification.of-project", {
  notifications: "n.project_id = $1",
  preferences: "np.project_id = $1",
  levels: "wl.project_id = $1",
  mutes: "tm.project_id = $1",
});
const lockTasksOfProject = statement(
  "notification.lock-tasks-of-project",
  "select from tasks.tasks where project_id = $1 order by id for update",
);

/** The same for a project, and what people wished for it. */
export async function dropProjectNotifications(ctx: Ctx, { projectId }: { projectId: string }) {
  await Promise.all([
    holdOrganizationOfProject(ctx, projectId), // first: who tells may wait for a task
    ctx.sql.query(lockTasksOfProject, [projectId]),
    dropOfProject(ctx, [projectId]),
  ]);
  return undefined;
}

const dropOfOrganization = dropHeld("notification.of-organization", {
  notifications: "n.organization_id = $1",
  preferences: "np.organization_id = $1",
  levels: "wl.organization_id = $1",
  mutes: "tm.organization_id = $1",
});

/** The same for an organization. */
export async function dropOrganizationNotifications(ctx: Ctx, { organizationId }: { organizationId: string }) {
  await Promise.all([holdOrganization(ctx, organizationId), dropOfOrganization(ctx, [organizationId])]);
  return undefined;
}
