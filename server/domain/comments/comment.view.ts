import { z } from "zod";
import { instant } from "../fields.ts";

export const commentViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    threadId: z.uuid().nullable().describe("the comment it replies to; null: it begins a thread"),
    quotedId: z.uuid().nullable().describe("a comment on the same task that it takes up"),
    internal: z.boolean().describe("hidden from guests of the organization"),
    authorId: z.uuid(),
    authorName: z.string().describe("as they were called when they wrote it"),
    body: z.string().describe("Markdown, as written; may be empty where files are attached, and is once deleted"),
    html: z.string().describe("the body, safe to show as it is"),
    mentionedUserIds: z.array(z.uuid()).describe("people it names, by themselves, by a team or as watchers"),
    attachmentIds: z.array(z.uuid()).describe("files on the same task, in order; internal exactly if the comment is"),
    reactions: z
      .array(z.object({ emoji: z.string(), userIds: z.array(z.uuid()) }))
      .describe("in the order in which they came"),
    resolvedAt: instant.nullable().describe("of a thread"),
    resolvedById: z.uuid().nullable(),
    pinnedAt: instant.nullable(),
    pinnedById: z.uuid().nullable(),
    editedAt: instant.nullable(),
    deletedAt: instant.nullable().describe("its place remains, so that the thread does"),
    createdAt: instant.describe("rises strictly within a task"),
    updatedAt: instant,
    version: z.int().describe("of words and state; reactions and the end of an attached file do not raise it"),
  })
  .meta({ id: "Comment" });
/** A comment on a task. */
export type CommentView = z.output<typeof commentViewSchema>;

/** Of comments `c`. */
export const commentColumns = `c.id, c.organization_id as "organizationId", c.project_id as "projectId", c.task_id as "taskId",
  c.thread_id as "threadId", c.quoted_id as "quotedId", c.internal, c.author_id as "authorId", c.author_name as "authorName", c.body, c.html,
  c.mentioned_user_ids as "mentionedUserIds",
  array(select a.file_id from comments.attachments a where a.comment_id = c.id order by a.place) as "attachmentIds",
  coalesce((select json_agg(json_build_object('emoji', given.emoji, 'userIds', given.user_ids) order by given.place)
    from (select r.emoji, array_agg(r.user_id order by r.place) as user_ids, min(r.place) as place
      from comments.reactions r where r.comment_id = c.id group by r.emoji) given), '[]') as reactions,
  c.resolved_at as "resolvedAt", c.resolved_by_id as "resolvedById", c.pinned_at as "pinnedAt", c.pinned_by_id as "pinnedById",
  c.edited_at as "editedAt", c.deleted_at as "deletedAt", c.created_at as "createdAt", c.updated_at as "updatedAt", c.version`;

export const mentionViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    commentId: z.uuid(),
    userId: z.uuid(),
    createdAt: instant,
  })
  .meta({ id: "Mention" });
/** A comment named somebody, told to them once in their own channel. */
export type MentionView = z.output<typeof mentionViewSchema>;
export const mentionColumns = `mn.id, mn.organization_id as "organizationId", mn.project_id as "projectId", mn.task_id as "taskId", mn.comment_id as "commentId", mn.user_id as "userId", mn.created_at as "createdAt"`;

export const readPositionViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    taskId: z.uuid(),
    userId: z.uuid(),
    readUpTo: instant.describe("`createdAt` of the last comment that was read"),
    updatedAt: instant,
  })
  .meta({ id: "ReadPosition" });
/** How far somebody has read the comments on a task, in their own channel. */
export type ReadPositionView = z.output<typeof readPositionViewSchema>;
export const readPositionColumns = `rp.id, rp.organization_id as "organizationId", rp.project_id as "projectId", rp.task_id as "taskId", rp.user_id as "userId", rp.read_up_to as "readUpTo", rp.updated_at as "updatedAt"`;
