import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page } from "../fields.ts";
import { accessProject } from "../projects/project.access.ts";
import { type TaskView, taskColumns } from "./task.view.ts";

export const listTrashInput = z.strictObject({ projectId: id, ...page });

const trashStatement = statement(
  "task.trash",
  `select ${taskColumns}, t.deleted_at::text as "sortText" from tasks.tasks t
  where t.project_id = $1 and t.deleted_at is not null
    and ($2::text is null or (t.deleted_at, t.id) < ($2::timestamptz, $3::uuid))
  order by t.deleted_at desc, t.id desc limit $4`,
);

/**
 * What is in a project's trash, the latest first.
 *
 * @throws AppError `not-found` | `validation.failed` (cursor)
 */
export async function listTrash(ctx: Ctx, { projectId, cursor, limit }: z.output<typeof listTrashInput>) {
  const values = [projectId, ...placeOf(cursor), limit + 1];
  const [, rows] = await Promise.all([
    accessProject(ctx, projectId, "task.read"),
    ctx.sql.query<TaskView & { sortText: string }>(trashStatement, values),
  ]);
  return pageFrom(rows, limit);
}
