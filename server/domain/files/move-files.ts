import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import type { ProjectMove } from "../consequences.ts";
import { fileEntered, fileLeft, fileMoved, shareLinkEntered, shareLinkLeft } from "./file.events.ts";
import { type FileView, fileColumns, fileJoins, type ShareLinkView, shareLinkColumns } from "./file.view.ts";

const filesStatement = statement(
  "file.of-moved",
  `select ${fileColumns} from ${fileJoins} where f.task_id = any($1::uuid[]) order by f.id`,
);
/* What does not name the task, or names it without holding it, the schema does not take along. */
const linksStatement = statement(
  "share-link.of-moved",
  `update files.share_links sl set project_id = $2 from files.files f
  where f.id = sl.file_id and f.task_id = any($1::uuid[]) returning ${shareLinkColumns}`,
);
const uploadsStatement = statement(
  "upload.of-moved",
  "update files.uploads set project_id = $2 where task_id = any($1::uuid[])",
);

/** Files go where their task goes, with their links and with what is on its way. */
export async function moveFiles(ctx: Ctx, { taskIds, fromProjectId, toProjectId }: ProjectMove) {
  return async () => {
    const [files, links] = await Promise.all([
      ctx.sql.query<FileView>(filesStatement, [taskIds]),
      ctx.sql.query<ShareLinkView>(linksStatement, [taskIds, toProjectId]),
      ctx.sql.query(uploadsStatement, [taskIds, toProjectId]),
    ]);
    for (const file of files) {
      const before = { ...file, projectId: fromProjectId };
      if (file.internal) record(ctx, fileMoved, before, file);
      else {
        record(ctx, fileLeft, before, null);
        record(ctx, fileEntered, null, file);
      }
    }
    for (const link of links) {
      record(ctx, shareLinkLeft, { ...link, projectId: fromProjectId }, null);
      record(ctx, shareLinkEntered, null, link);
    }
  };
}
