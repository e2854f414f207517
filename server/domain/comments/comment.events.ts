import { defineChange } from "../change.ts";
import { type CommentView, commentViewSchema, mentionViewSchema, readPositionViewSchema } from "./comment.view.ts";

/** Comments are in a channel per task, not in their project's: a board is opened more often than what was said about it. */
const comment = {
  entity: "comment",
  view: commentViewSchema,
  channel: ({ internal, taskId }: CommentView) =>
    internal ? (`task-internal:${taskId}` as const) : (`task:${taskId}` as const),
} as const;
export const commentCreated = defineChange({ ...comment, type: "comment.created", op: "create" });
/** Its words changed. */
export const commentUpdated = defineChange({ ...comment, type: "comment.updated", op: "update" });
/** Its words are gone; its place in the thread remains. */
export const commentDeleted = defineChange({ ...comment, type: "comment.deleted", op: "update" });
/** A file that it carried is gone. */
export const commentDetached = defineChange({ ...comment, type: "comment.detached", op: "update" });
export const commentReacted = defineChange({ ...comment, type: "comment.reacted", op: "update" });
export const threadResolved = defineChange({ ...comment, type: "comment.resolved", op: "update" });
export const threadReopened = defineChange({ ...comment, type: "comment.reopened", op: "update" });
export const commentPinned = defineChange({ ...comment, type: "comment.pinned", op: "update" });
export const commentUnpinned = defineChange({ ...comment, type: "comment.unpinned", op: "update" });

/** Its task went to another project. */
export const commentMoved = defineChange({ ...comment, type: "comment.moved", op: "update" });

const toPerson = (view: { userId: string }) => `user:${view.userId}` as const;

const mention = { entity: "mention", view: mentionViewSchema, channel: toPerson } as const;
/** A comment names somebody for the first time. */
export const commentMentioned = defineChange({ ...mention, type: "comment.mentioned", op: "create" });
/** The task went to another project. */
export const mentionMoved = defineChange({ ...mention, type: "comment.mention-moved", op: "update" });
/** The comment that named them is gone, or they are. */
export const commentUnmentioned = defineChange({ ...mention, type: "comment.unmentioned", op: "delete" });

const readPosition = { entity: "readPosition", view: readPositionViewSchema, channel: toPerson } as const;
export const readingBegan = defineChange({ ...readPosition, type: "comment.reading-began", op: "create" });
export const readingAdvanced = defineChange({ ...readPosition, type: "comment.reading-advanced", op: "update" });
/** The task went to another project. */
export const readingMoved = defineChange({ ...readPosition, type: "comment.reading-moved", op: "update" });
/** The task is gone, or they are. */
export const readingEnded = defineChange({ ...readPosition, type: "comment.reading-ended", op: "delete" });
