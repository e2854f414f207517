import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { id } from "../fields.ts";
import { partsOfKey, taskKey } from "../projects/project.key.ts";
import { accessTask } from "./task.access.ts";
import type { TaskView } from "./task.view.ts";

export const taskKeyInput = z.strictObject({
  organizationId: id,
  taskKey: taskKey.describe("`WEB-12`; one that the task had before leads to it, too"),
});

const findStatement = statement(
  "task.of-key",
  `select coalesce(t.id, f.task_id) as id from projects.keys k
  left join tasks.tasks t on t.project_id = k.project_id and t.number = $3
  left join tasks.former_numbers f on f.project_id = k.project_id and f.number = $3
  where k.organization_id = $1 and k.key = $2`,
);

/** @throws AppError `not-found` */
export async function getTaskByKey(
  ctx: Ctx,
  { organizationId, taskKey: key }: z.output<typeof taskKeyInput>,
): Promise<TaskView> {
  const { project, number } = partsOfKey(key) ?? {};
  const [found] = await ctx.sql.query<{ id: string | null }>(findStatement, [organizationId, project, number]);
  if (!found?.id) throw notFound("task", key);
  return accessTask(ctx, found.id, "task.read").catch((error) => {
    throw error.code === "not-found" ? notFound("task", key) : error; // its id is not for everybody
  });
}
