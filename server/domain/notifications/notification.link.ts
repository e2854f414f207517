import type { PublicCtx } from "../../context.ts";
import type { NotificationView } from "./notification.view.ts";

/** Where a person goes from a letter or a push message. */
export function linkTo(
  ctx: PublicCtx,
  { taskId, projectId, commentId, subjectId, event, organizationId }: NotificationView,
): string {
  const { publicUrl } = ctx.app.config;
  if (taskId) return `${publicUrl}/tasks/${taskId}${commentId ? `?comment=${commentId}` : ""}`;
  if (projectId) return `${publicUrl}/projects/${projectId}`;
  if (event === "invited") return `${publicUrl}/invitations/${subjectId}`;
  return `${publicUrl}/organizations/${organizationId}`;
}
