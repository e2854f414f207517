import { z } from "zod";
import { declareJob } from "../../platform/jobs.ts";
import { id } from "../fields.ts";

/** Looks for harm in bytes; until then nobody can download them. */
export const inspectJob = declareJob({ name: "file.inspect", input: z.strictObject({ blobId: id }) });
/** Makes small pictures of an image or a document's first page. */
export const thumbnailJob = declareJob({ name: "file.thumbnail", input: z.strictObject({ blobId: id }) });
/** Removes bytes that nothing refers to any more. */
export const collectJob = declareJob({ name: "file.collect", input: z.strictObject({}) });
