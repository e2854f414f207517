import { v7 } from "uuid";
import type { Actor } from "../context.ts";
import type { TaskView } from "../domain/tasks/task.view.ts";
import type { Scene } from "./scene.ts";

/** Something in the inbox of each of the given people: about a task, and hidden from guests if `internal`. */
export async function buildNotifications(
  scene: Scene,
  task: Pick<TaskView, "id" | "organizationId" | "projectId" | "key" | "title">,
  people: readonly Actor[],
  more: { event?: string; internal?: boolean; readAt?: string; updatedAt?: string } = {},
): Promise<string[]> {
  const ids = people.map(() => v7());
  await scene.app.sql.query(
    `insert into notifications.notifications (id, organization_id, project_id, task_id, subject_id, user_id, event, task_key, title, details, internal,
      actor_ids, actor_names, in_app, read_at, gathers_until, created_at, updated_at)
    select w.id, $3, $4, $5, $5, w.user_id, $6, $7, $8, '{}', $9, '{}', '{}', true, $10, now(), coalesce($11, now()), coalesce($11, now())
    from unnest($1::uuid[], $2::uuid[]) as w (id, user_id)`,
    [
      ids,
      people.map(({ userId }) => userId),
      task.organizationId,
      task.projectId,
      task.id,
      more.event ?? "commented",
      task.key,
      task.title,
      more.internal ?? false,
      more.readAt ?? null,
      more.updatedAt ?? null,
    ],
  );
  return ids;
}
