import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import {
  createReminder,
  createReminderInput,
  deleteReminder,
  listReminders,
  listRemindersInput,
  reminderInput,
} from "../server/domain/tasks/create-reminder.ts";
import { reminderViewSchema } from "../server/domain/tasks/reminder.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

export const reminders = router({
  create: procedure
    .meta(
      rest("POST /tasks/{taskId}/reminders", "Be reminded of a task", {
        access: "task.watch",
        description: "Once: at an instant, or some days before the task is due, which may be set or moved later.",
        example: { input: { taskId: "01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05", daysBefore: 1, timeOfDay: "09:00" } },
      }),
    )
    .input(mutates(createReminderInput))
    .output(reminderViewSchema)
    .mutation(({ ctx, input }) => createReminder(ctx, input)),
  list: procedure
    .meta(rest("GET /reminders", "List my reminders, the latest first", { access: "signed-in" }))
    .input(listRemindersInput)
    .output(pageOf(reminderViewSchema))
    .query(({ ctx, input }) => listReminders(ctx, input)),
  delete: procedure
    .meta(rest("DELETE /reminders/{reminderId}", "Take a reminder back", { access: "signed-in" }))
    .input(mutates(reminderInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteReminder(ctx, input)),
});
