import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { watchViewSchema } from "../server/domain/tasks/task-link.view.ts";
import {
  listWatchers,
  listWatches,
  listWatchesInput,
  unwatchTask,
  watcherSchema,
  watchTask,
  watchTaskInput,
} from "../server/domain/tasks/watch-task.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const watches = router({
  list: procedure
    .meta(rest("GET /watches", "List what I watch", { access: "signed-in", scope: "task.read" }))
    .input(listWatchesInput)
    .output(pageOf(watchViewSchema))
    .query(({ ctx, input }) => listWatches(ctx, input)),

  watchers: procedure
    .meta(rest("GET /tasks/{taskId}/watchers", "List who watches a task", { access: "task.read" }))
    .input(z.strictObject({ taskId: id }))
    .output(z.object({ items: z.array(watcherSchema) }))
    .query(({ ctx, input }) => listWatchers(ctx, input)),

  create: procedure
    .meta(rest("PUT /tasks/{taskId}/watch", "Watch a task", { access: "task.watch" }))
    .input(mutates(watchTaskInput))
    .output(watchViewSchema)
    .mutation(({ ctx, input }) => watchTask(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /tasks/{taskId}/watch", "Watch a task no longer", { access: "task.watch" }))
    .input(mutates(watchTaskInput))
    .output(z.object({ watching: z.literal(false) }))
    .mutation(({ ctx, input }) => unwatchTask(ctx, input)),
});
