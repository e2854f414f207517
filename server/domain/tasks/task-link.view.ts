import { z } from "zod";
import { instant } from "../fields.ts";

export const taskLinkViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    blockerId: z.uuid().describe("the task to be done first"),
    blockedId: z.uuid().describe("the task that waits for it"),
    createdAt: instant,
  })
  .meta({ id: "TaskLink" });
export type TaskLinkView = z.output<typeof taskLinkViewSchema>;
export const taskLinkColumns = `k.id, k.organization_id as "organizationId", k.project_id as "projectId", k.blocker_id as "blockerId", k.blocked_id as "blockedId", k.created_at as "createdAt"`;

export const watchViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    userId: z.uuid(),
    createdAt: instant,
  })
  .meta({ id: "Watch" });
export type WatchView = z.output<typeof watchViewSchema>;
export const watchColumns = `w.id, w.organization_id as "organizationId", w.project_id as "projectId", w.task_id as "taskId", w.user_id as "userId", w.created_at as "createdAt"`;
