import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { archiveTask, archiveTaskInput, unarchiveTask } from "../server/domain/tasks/archive-task.ts";
import { assignTask, assignTaskInput } from "../server/domain/tasks/assign-task.ts";
import { bulkUpdateTasks, bulkUpdateTasksInput } from "../server/domain/tasks/bulk-update-tasks.ts";
import { copiedSchema, copyTask, copyTaskInput } from "../server/domain/tasks/copy-task.ts";
import { createTask, createTaskInput } from "../server/domain/tasks/create-task.ts";
import { getTaskByKey, taskKeyInput } from "../server/domain/tasks/get-task-by-key.ts";
import { labelTask, labelTaskInput } from "../server/domain/tasks/label-task.ts";
import { listTasks, listTasksInput, myTasks, myTasksInput } from "../server/domain/tasks/list-tasks.ts";
import { listTrash, listTrashInput } from "../server/domain/tasks/list-trash.ts";
import { moveTask, moveTaskInput } from "../server/domain/tasks/move-task.ts";
import { movedToProjectSchema, moveToProject, moveToProjectInput } from "../server/domain/tasks/move-to-project.ts";
import { purgedSchema, purgeTask, purgeTaskInput } from "../server/domain/tasks/purge-task.ts";
import { restoredSchema, restoreTask, restoreTaskInput } from "../server/domain/tasks/restore-task.ts";
import { foundTaskSchema, searchTasks, searchTasksInput } from "../server/domain/tasks/search-tasks.ts";
import { accessTask } from "../server/domain/tasks/task.access.ts";
import { taskViewSchema } from "../server/domain/tasks/task.view.ts";
import { taskHistory, taskHistoryInput, taskHistorySchema } from "../server/domain/tasks/task-history.ts";
import { trashedSchema, trashTask, trashTaskInput } from "../server/domain/tasks/trash-task.ts";
import { updateTask, updateTaskInput } from "../server/domain/tasks/update-task.ts";
import { described, mutates, procedure, rest, router } from "./trpc.ts";

const taskId = z.strictObject({ taskId: id });
const tasksSchema = z.object({ tasks: z.array(taskViewSchema) });

export const tasks = router({
  get: procedure
    .meta(rest("GET /tasks/{taskId}", "Read a task", { access: "task.read" }))
    .input(taskId)
    .output(described(taskViewSchema))
    .query(({ ctx, input }) => accessTask(ctx, input.taskId, "task.read")),

  getByKey: procedure
    .meta(
      rest("GET /organizations/{organizationId}/tasks/{taskKey}", "Read a task by its key", {
        access: "task.read",
        description: "Keys that the task had before lead to it, too, so that old links go on working.",
      }),
    )
    .input(taskKeyInput)
    .output(described(taskViewSchema))
    .query(({ ctx, input }) => getTaskByKey(ctx, input)),

  list: procedure
    .meta(
      rest("GET /projects/{projectId}/tasks", "List a project's tasks, narrowed and sorted", {
        access: "task.read",
        description: "Lists are repeated parameters: `?priorities=high&priorities=urgent`.",
      }),
    )
    .input(listTasksInput)
    .output(described(pageOf(taskViewSchema)))
    .query(({ ctx, input }) => listTasks(ctx, input)),

  mine: procedure
    .meta(rest("GET /tasks", "List the tasks that are assigned to me", { access: "signed-in", scope: "task.read" }))
    .input(myTasksInput)
    .output(described(pageOf(taskViewSchema)))
    .query(({ ctx, input }) => myTasks(ctx, input)),

  search: procedure
    .meta(
      rest("GET /search/tasks", "Find tasks by words, in a project or an organization", {
        access: "signed-in",
        scope: "task.read",
        description:
          "The best come first. Forms of words, beginnings, slips of the pen and keys (`WEB-12`) are understood.",
      }),
    )
    .input(searchTasksInput)
    .output(described(pageOf(foundTaskSchema)))
    .query(({ ctx, input }) => searchTasks(ctx, input)),

  history: procedure
    .meta(
      rest("GET /tasks/{taskId}/history", "Read who changed what of a task", {
        access: "task.read",
        description: "The latest come first, with each field's old and new value.",
      }),
    )
    .input(taskHistoryInput)
    .output(described(pageOf(taskHistorySchema)))
    .query(({ ctx, input }) => taskHistory(ctx, input)),

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

  moveToProject: procedure
    .meta(
      rest("POST /tasks/{taskId}/move-to-project", "Move a task and all below it to another project", {
        access: "task.delete",
        description:
          "You may take the task away where it is, and create tasks where it goes. It gets a new key, the former one leads to it, and the answer tells what the other project has no place for.",
      }),
    )
    .input(mutates(moveToProjectInput))
    .output(movedToProjectSchema)
    .mutation(({ ctx, input }) => moveToProject(ctx, input)),

  assign: procedure
    .meta(rest("POST /tasks/{taskId}/assignees", "Change who is assigned to a task", { access: "task.update" }))
    .input(mutates(assignTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => assignTask(ctx, input)),

  label: procedure
    .meta(rest("POST /tasks/{taskId}/labels", "Change a task's labels", { access: "task.update" }))
    .input(mutates(labelTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => labelTask(ctx, input)),

  archive: procedure
    .meta(rest("POST /tasks/{taskId}/archive", "Take a task off the board", { access: "task.update" }))
    .input(mutates(archiveTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => archiveTask(ctx, input)),

  unarchive: procedure
    .meta(rest("POST /tasks/{taskId}/unarchive", "Put an archived task back on the board", { access: "task.update" }))
    .input(mutates(archiveTaskInput))
    .output(taskViewSchema)
    .mutation(({ ctx, input }) => unarchiveTask(ctx, input)),

  copy: procedure
    .meta(
      rest("POST /tasks/{taskId}/copy", "Copy a task within its project or to another one", {
        access: "task.create",
        description: "The caller reads the task, and may create tasks where the copy goes.",
      }),
    )
    .input(mutates(copyTaskInput))
    .output(copiedSchema)
    .mutation(({ ctx, input }) => copyTask(ctx, input)),

  bulkUpdate: procedure
    .meta(
      rest("POST /tasks/bulk-update", "Change up to 200 tasks of a project, all or none", { access: "task.update" }),
    )
    .input(mutates(bulkUpdateTasksInput))
    .output(tasksSchema)
    .mutation(({ ctx, input }) => bulkUpdateTasks(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /tasks/{taskId}", "Put a task and all below it into the trash", { access: "task.delete" }))
    .input(mutates(trashTaskInput))
    .output(trashedSchema)
    .mutation(({ ctx, input }) => trashTask(ctx, input)),

  trash: procedure
    .meta(rest("GET /projects/{projectId}/trash", "List what is in a project's trash", { access: "task.read" }))
    .input(listTrashInput)
    .output(described(pageOf(taskViewSchema)))
    .query(({ ctx, input }) => listTrash(ctx, input)),

  restore: procedure
    .meta(
      rest("POST /tasks/{taskId}/restore", "Take a task and what went with it out of the trash", {
        access: "task.delete",
      }),
    )
    .input(mutates(restoreTaskInput))
    .output(restoredSchema)
    .mutation(({ ctx, input }) => restoreTask(ctx, input)),

  purge: procedure
    .meta(rest("POST /tasks/{taskId}/purge", "Delete a task of the trash for ever", { access: "task.purge" }))
    .input(mutates(purgeTaskInput))
    .output(purgedSchema)
    .mutation(({ ctx, input }) => purgeTask(ctx, input)),
});
