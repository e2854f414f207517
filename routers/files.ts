import { z } from "zod";
import { id, pageOf } from "../server/domain/fields.ts";
import { beginUpload, beginUploadInput } from "../server/domain/files/begin-upload.ts";
import {
  cancelledSchema,
  cancelUpload,
  completeUpload,
  readUpload,
  uploadInput,
  uploadStateSchema,
} from "../server/domain/files/complete-upload.ts";
import { copyFile, copyFileInput } from "../server/domain/files/copy-file.ts";
import { deletedSchema, deleteFile, deleteFileInput } from "../server/domain/files/delete-file.ts";
import { downloadInput, downloadLinkSchema, linkToFile } from "../server/domain/files/download.ts";
import { accessFile } from "../server/domain/files/file.access.ts";
import {
  fileVersionViewSchema,
  fileViewSchema,
  shareLinkViewSchema,
  uploadViewSchema,
} from "../server/domain/files/file.view.ts";
import {
  listVersions,
  listVersionsInput,
  restoreVersion,
  restoreVersionInput,
} from "../server/domain/files/file-versions.ts";
import {
  listFiles,
  listFilesInput,
  listOrganizationFiles,
  listOrganizationFilesInput,
} from "../server/domain/files/list-files.ts";
import { listThumbnails, listThumbnailsInput, thumbnailsSchema } from "../server/domain/files/list-thumbnails.ts";
import {
  createShareLink,
  createShareLinkInput,
  deleteShareLink,
  fileLinksInput,
  listedShareLinkSchema,
  listShareLinks,
  shareLinkInput,
} from "../server/domain/files/share-link.ts";
import { signedPartsSchema, signParts, signPartsInput } from "../server/domain/files/sign-parts.ts";
import { updateFile, updateFileInput } from "../server/domain/files/update-file.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

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

  thumbnails: procedure
    .meta(
      rest("GET /file-thumbnails", "Get links to the thumbnails of up to 100 files", {
        access: "signed-in",
        scope: "file.read",
        description: "`?fileIds=…&fileIds=…`. They live as those of `files.link` do. Files without one are left out.",
      }),
    )
    .input(listThumbnailsInput)
    .output(thumbnailsSchema)
    .query(({ ctx, input }) => listThumbnails(ctx, input)),

  update: procedure
    .meta(rest("PATCH /files/{fileId}", "Rename a file", { access: "file.update" }))
    .input(mutates(updateFileInput))
    .output(fileViewSchema)
    .mutation(({ ctx, input }) => updateFile(ctx, input)),

  copy: procedure
    .meta(
      rest("POST /files/{fileId}/copy", "Copy a file to a task, a project or the organization", {
        access: "file.read",
        description: "The caller may add files where the copy goes. Exactly one place is named.",
      }),
    )
    .input(mutates(copyFileInput))
    .output(fileViewSchema)
    .mutation(({ ctx, input }) => copyFile(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /files/{fileId}", "Delete a file with all its versions, for good", { access: "file.delete" }))
    .input(mutates(deleteFileInput))
    .output(deletedSchema)
    .mutation(({ ctx, input }) => deleteFile(ctx, input)),
});

export const fileVersions = router({
  list: procedure
    .meta(rest("GET /files/{fileId}/versions", "List a file's versions", { access: "file.read" }))
    .input(listVersionsInput)
    .output(pageOf(fileVersionViewSchema))
    .query(({ ctx, input }) => listVersions(ctx, input)),

  restore: procedure
    .meta(
      rest("POST /files/{fileId}/versions/{versionNumber}/restore", "Make an earlier version the current one again", {
        access: "file.update",
      }),
    )
    .input(mutates(restoreVersionInput))
    .output(fileViewSchema)
    .mutation(({ ctx, input }) => restoreVersion(ctx, input)),
});

export const uploads = router({
  create: procedure
    .meta(
      rest("POST /uploads", "Begin an upload straight to the file store", {
        access: "signed-in",
        scope: "file.upload",
        description:
          "For large files and for files that must survive a lost connection. Then sign the parts, PUT them, and complete. " +
          "The caller may add files at the one place that is named, or change the file that gets a new version.",
      }),
    )
    .input(mutates(beginUploadInput))
    .output(uploadViewSchema)
    .mutation(({ ctx, input: { mutationId: _, ...input } }) => beginUpload(ctx, input)),

  get: procedure
    .meta(
      rest("GET /uploads/{uploadId}", "Read which parts of an upload are missing", {
        access: "signed-in",
        scope: "file.upload",
      }),
    )
    .input(uploadInput.strict())
    .output(uploadStateSchema)
    .query(({ ctx, input }) => readUpload(ctx, input)),

  signParts: procedure
    .meta(
      rest("POST /uploads/{uploadId}/parts", "Get addresses to PUT parts to", {
        access: "signed-in",
        scope: "file.upload",
      }),
    )
    .input(mutates(signPartsInput))
    .output(signedPartsSchema)
    .mutation(({ ctx, input }) => signParts(ctx, input)),

  complete: procedure
    .meta(
      rest("POST /uploads/{uploadId}/complete", "Make the uploaded parts a file", {
        access: "signed-in",
        scope: "file.upload",
      }),
    )
    .input(mutates(uploadInput))
    .output(fileViewSchema)
    .mutation(({ ctx, input }) => completeUpload(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /uploads/{uploadId}", "Throw an upload away", { access: "signed-in", scope: "file.upload" }))
    .input(mutates(uploadInput))
    .output(cancelledSchema)
    .mutation(({ ctx, input }) => cancelUpload(ctx, input)),
});

export const shareLinks = router({
  list: procedure
    .meta(rest("GET /files/{fileId}/share-links", "List a file's share links", { access: "file.share" }))
    .input(fileLinksInput)
    .output(z.object({ items: z.array(listedShareLinkSchema) }))
    .query(({ ctx, input }) => listShareLinks(ctx, input)),

  create: procedure
    .meta(
      rest("POST /files/{fileId}/share-links", "Let people without an account download a file", {
        access: "file.share",
        description: "The link itself is read with `shareLinks.list`.",
      }),
    )
    .input(mutates(createShareLinkInput))
    .output(shareLinkViewSchema)
    .mutation(({ ctx, input }) => createShareLink(ctx, input)),

  delete: procedure
    .meta(rest("DELETE /share-links/{shareLinkId}", "Revoke a share link", { access: "file.share" }))
    .input(mutates(shareLinkInput))
    .output(deletedSchema)
    .mutation(({ ctx, input }) => deleteShareLink(ctx, input)),
});
