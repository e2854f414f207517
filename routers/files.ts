import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { downloadInput, downloadLinkSchema, linkToFile } from "../server/domain/files/download.ts";
import { accessFile } from "../server/domain/files/file.access.ts";
import { fileViewSchema } from "../server/domain/files/file.view.ts";
import {
  listFiles,
  listFilesInput,
  listOrganizationFiles,
  listOrganizationFilesInput,
} from "../server/domain/files/list-files.ts";
import { procedure, rest, router } from "./trpc.ts";

export const files = router({
  get: procedure
    .meta(rest("GET /files/{fileId}", "Read what is known of a file", { access: "file.read" }))
    .input(z.strictObject({ fileId: id }))
    .output(fileViewSchema)
    .query(({ ctx, input }) => accessFile(ctx, input.fileId, "file.read")),

  list: procedure
    .meta(rest("GET /projects/{projectId}/files", "List a project's files, or a task's", { access: "file.read" }))
    .input(listFilesInput)
    .output(pageOf(fileViewSchema))
    .query(({ ctx, input }) => listFiles(ctx, input)),

  listOfOrganization: procedure
    .meta(
      rest("GET /organizations/{organizationId}/files", "List the files that belong to no project", {
        access: "organization-file.read",
      }),
    )
    .input(listOrganizationFilesInput)
    .output(pageOf(fileViewSchema))
    .query(({ ctx, input }) => listOrganizationFiles(ctx, input)),

  link: procedure
    .meta(
      rest("GET /files/{fileId}/link", "Get a link that downloads a file without another credential", {
        access: "file.read",
        description: "It lives for five minutes, and only while the caller may read the file.",
      }),
    )
    .input(downloadInput)
    .output(downloadLinkSchema)
    .query(({ ctx, input }) => linkToFile(ctx, input)),
});
