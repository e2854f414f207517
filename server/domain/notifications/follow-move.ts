import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { ProjectMove } from "../consequences.ts";
import { heldFollows } from "../follow-move.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { notificationDropped, notificationMoved, taskMuteMoved, taskUnmuted } from "./notification.events.ts";
import { holdOrganization } from "./notification.locks.ts";
import { inInbox, type NotificationView, notificationColumns } from "./notification.view.ts";
import { type TaskMuteView, taskMuteColumns } from "./preference.view.ts";

const dropStatement = statement(
  "notification.end-of-moved",
  `delete from notifications.notifications n using projects.projects p
  where p.id = $2 and n.task_id = any($1::uuid[]) and coalesce(${projectRoleSql("p", "n.user_id")}, 0) = 0
  returning ${notificationColumns}, ${inInbox} as "inInbox"`,
);
const followStatement = statement(
  "notification.of-moved",
  `with former as (select id, task_key from notifications.notifications where task_id = any($1::uuid[]))
  update notifications.notifications n set task_key = t.key, version = n.version + 1 from tasks.tasks t, former
  where t.id = n.task_id and former.id = n.id returning ${notificationColumns}, former.task_key as "formerKey", ${inInbox} as "inInbox"`,
);

/** What people were told of a task follows it, or ends for who cannot read the other project. Nobody is told meanwhile. */
export async function moveNotifications(
  ctx: Ctx,
  { organizationId, taskIds, fromProjectId, toProjectId }: ProjectMove,
) {
  await holdOrganization(ctx, organizationId);
  type Held = NotificationView & { inInbox: boolean };
  for (const { inInbox, ...gone } of await ctx.sql.query<Held>(dropStatement, [taskIds, toProjectId]))
    if (inInbox) record(ctx, notificationDropped, gone, null);
  return async () => {
    const rows = await ctx.sql.query<Held & { formerKey: string }>(followStatement, [taskIds]);
    for (const { inInbox, formerKey: taskKey, ...moved } of rows) {
      const before = { ...moved, projectId: fromProjectId, taskKey, version: moved.version - 1 };
      if (inInbox) record(ctx, notificationMoved, before, moved);
    }
  };
}

export const moveMutes = heldFollows<TaskMuteView>(
  { name: "task-mute", table: "notifications.task_mutes", alias: "tm", columns: taskMuteColumns },
  { moved: taskMuteMoved, ended: taskUnmuted },
);
