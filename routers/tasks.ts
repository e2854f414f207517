import { z } from "zod";
import { createTask, createTaskInput } from "../server/domain/tasks/create-task.ts";
import { moveTask, moveTaskInput } from "../server/domain/tasks/move-task.ts";
import { accessTask } from "../server/domain/tasks/task.access.ts";
import { taskViewSchema } from "../server/domain/tasks/task.view.ts";
import { updateTask, updateTaskInput } from "../server/domain/tasks/update-task.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const taskId = z.strictObject({ taskId: z.uuid() });

export const tasks = router({
  get: procedure
    .meta(rest("GET /tasks/{taskId}", "Read a task", { access: "task.read" }))
    .input(taskId)
    .output(taskViewSchema)
    .query(({ ctx, input }) => accessTask(ctx, input.taskId, "task.read")),

  create: procedure
    .meta(rest("POST /projects/{projectId}/tasks", "Create a task", { access: "task.create" }))
    .input(mutates(createTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => createTask(ctx, input)),

  update: procedure
    .meta(
      rest("PATCH /tasks/{taskId}", "Change a task's words, dates, priority, estimate or parent", {
        access: "task.update",
      }),
    )
    .input(mutates(updateTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input: { mutationId: _, ...input } }) => updateTask(ctx, input)),

  move: procedure
    .meta(rest("POST /tasks/{taskId}/move", "Move a task to a place on the board", { access: "task.move" }))
    .input(mutates(moveTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => moveTask(ctx, input)),
});
