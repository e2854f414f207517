import { defineChange } from "../change.ts";
import { type FileView, fileViewSchema, shareLinkViewSchema } from "./file.view.ts";

/** Who may read the project, or the organization, may know of the file. */
const channel = (view: { organizationId: string; projectId: string | null }) =>
  view.projectId ? (`project:${view.projectId}` as const) : (`organization:${view.organizationId}` as const);

/** Internal files are where internal comments are. */
const fileChannel = (view: FileView) => (view.internal ? (`task-internal:${view.taskId}` as const) : channel(view));

const file = { entity: "file", view: fileViewSchema, channel: fileChannel } as const;
export const fileAdded = defineChange({ ...file, type: "file.added", op: "create" });
export const fileRenamed = defineChange({ ...file, type: "file.renamed", op: "update" });
/** Other bytes under the same name: newer ones, or older ones again. */
export const fileReplaced = defineChange({ ...file, type: "file.replaced", op: "update" });
/** Nothing was found in it, or something was. */
export const fileInspected = defineChange({ ...file, type: "file.inspected", op: "update" });
export const fileThumbnailed = defineChange({ ...file, type: "file.thumbnailed", op: "update" });
/** Its task went to another project: it leaves a channel and enters another. */
export const fileLeft = defineChange({ ...file, type: "file.left", op: "delete" });
export const fileEntered = defineChange({ ...file, type: "file.entered", op: "create" });
/** The same where the channel is the task's own. */
export const fileMoved = defineChange({ ...file, type: "file.moved", op: "update" });
export const fileDeleted = defineChange({ ...file, type: "file.deleted", op: "delete" });

/** That a file can be reached from outside is no secret among those who may read it; the link itself is. */
const shareLink = { entity: "shareLink", view: shareLinkViewSchema, channel, audited: true } as const;
export const fileShared = defineChange({ ...shareLink, type: "file.shared", op: "create" });
export const fileUnshared = defineChange({ ...shareLink, type: "file.unshared", op: "delete" });
/** It is where its file is, which went to another project. */
export const shareLinkLeft = defineChange({ ...shareLink, type: "share-link.left", op: "delete", audited: false });
export const shareLinkEntered = defineChange({
  ...shareLink,
  type: "share-link.entered",
  op: "create",
  audited: false,
});
