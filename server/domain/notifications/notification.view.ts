import { z } from "zod";
import { instant } from "../fields.ts";
import { eventSchema } from "./event.matrix.ts";

export const notificationViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid().nullable(),
    taskId: z.uuid().nullable(),
    commentId: z.uuid().nullable().describe("the latest one it is about"),
    subjectId: z.uuid().describe("what it is about: the task, else the project, the invitation, the timesheet"),
    userId: z.uuid(),
    event: eventSchema,
    taskKey: z.string().nullable(),
    title: z.string().describe("of the task, or the name of what else it is about"),
    excerpt: z.string().nullable().describe("how the latest comment begins, as plain text"),
    details: z
      .record(z.string(), z.string())
      .describe("`from`, `to` (statuses) · `dueOn` · `role` · `startsOn` (of a timesheet)"),
    count: z.int().describe("how many acts it gathers"),
    actorIds: z.array(z.uuid()).describe("who did them, the latest first, up to five"),
    actorNames: z.array(z.string()).describe("their names at that time, in the same order"),
    readAt: instant.nullable(),
    snoozedUntil: instant.nullable().describe("hide it until then; it comes back unread"),
    createdAt: instant,
    updatedAt: instant.describe("of the latest act: what an inbox sorts by"),
    version: z.int(),
  })
  .meta({ id: "Notification" });
/** Something a person is told, in their own channel until they archive it. */
export type NotificationView = z.output<typeof notificationViewSchema>;

/** Of notifications `n`. */
export const notificationColumns = `n.id, n.organization_id as "organizationId", n.project_id as "projectId", n.task_id as "taskId",
  n.comment_id as "commentId", n.subject_id as "subjectId", n.user_id as "userId", n.event, n.task_key as "taskKey", n.title, n.excerpt,
  n.details, n.count, n.actor_ids as "actorIds", n.actor_names as "actorNames", n.read_at as "readAt", n.snoozed_until as "snoozedUntil",
  n.created_at as "createdAt", n.updated_at as "updatedAt", n.version`;

/** As they are in a person's snapshot: all that is not archived. */
export const inInbox = "n.in_app and n.archived_at is null";
