import { z } from "zod";
import { id } from "../server/domain/fields.ts";
import {
  linkTasks,
  linkTasksInput,
  listTaskLinks,
  unlinkTasks,
  unlinkTasksInput,
} from "../server/domain/tasks/link-tasks.ts";
import { taskLinkViewSchema } from "../server/domain/tasks/task-link.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const taskLinks = router({
  list: procedure
    .meta(rest("GET /tasks/{taskId}/links", "List what a task blocks and waits for", { access: "task.read" }))
    .input(z.strictObject({ taskId: id }))
    .output(z.object({ items: z.array(taskLinkViewSchema) }))
    .query(({ ctx, input }) => listTaskLinks(ctx, input)),

  create: procedure
    .meta(
      rest("POST /tasks/{taskId}/links", "Let one task wait for another", {
        access: "task.update",
        description: "A link that exists already is answered as it is.",
      }),
    )
    .input(mutates(linkTasksInput))
    .output(taskLinkViewSchema)
    .mutation(({ ctx, input }) => linkTasks(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /task-links/{linkId}", "End a link between two tasks", { access: "task.update" }))
    .input(mutates(unlinkTasksInput))
    .output(taskLinkViewSchema)
    .mutation(({ ctx, input }) => unlinkTasks(ctx, input)),
});
