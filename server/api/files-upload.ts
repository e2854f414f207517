import type { Readable } from "node:stream";
import type { Request, Response } from "express";
import multer, { MulterError, type StorageEngine } from "multer";
import type { Ctx } from "../context.ts";
import type { FileView } from "../domain/files/file.view.ts";
import { tooLarge } from "../domain/files/measure.ts";
import { publishFile } from "../domain/files/publish-file.ts";
import {
  discard,
  type Incoming,
  limitOf,
  receiveFileInput,
  type Stored,
  storeFile,
} from "../domain/files/receive-file.ts";
import { AppError, invalid } from "../errors.ts";
import { HttpRefusal } from "./http-refusal.ts";

/** What a form's file has become by the time the form has ended. */
interface Kept {
  stored?: Stored;
  /** The fields that stood before it. */
  fields?: string;
}

/** Hands the one file of a form straight to the store; nothing is written to a disk of this process. */
function engine(ctx: Ctx, announcedBytes: number | null): StorageEngine {
  return {
    _handleFile(req, file, done) {
      const bytes = file.stream as Readable;
      const gone = () => {
        if (!req.complete) bytes.destroy(new HttpRefusal(400, "The body was cut off."));
      };
      req.once("close", gone);
      bytes.once("limit", () => bytes.destroy(tooLarge(limitOf(ctx))));
      const fields = JSON.stringify(req.body);
      take(ctx, req.body, { name: file.originalname, bytes, announcedBytes })
        .then(
          (stored) => done(null, { stored, fields } satisfies Kept as object),
          (error) => {
            bytes.resume(); // what still comes is read and thrown away
            done(error);
          },
        )
        .finally(() => req.off("close", gone));
    },
    _removeFile(_req, file, done) {
      const { stored } = file as Kept;
      const removed = stored ? discard(ctx, stored.upload) : Promise.resolve();
      removed.then(() => done(null), done);
    },
  };
}

async function take(ctx: Ctx, fields: unknown, file: Incoming): Promise<Stored> {
  const parsed = receiveFileInput.safeParse({ ...(fields as object) });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(String(issue?.path[0] ?? ""), issue?.message ?? "is not valid");
  }
  return storeFile(ctx, parsed.data, file);
}

/**
 * Reads a form with the fields of `receiveFileInput` and, after them, one file, which is published when the form has
 * ended well.
 *
 * @throws AppError as `storeFile` and `publishFile` | `validation.failed` (no file, several, fields behind it, cut off)
 */
export async function takeUpload(ctx: Ctx, req: Request, res: Response): Promise<FileView> {
  if (!/^multipart\/form-data\s*;/i.test(req.headers["content-type"] ?? "")) {
    throw new HttpRefusal(415, "Send the file as content-type: multipart/form-data.");
  }
  const announced = Number(req.headers["content-length"]);
  const form = multer({
    storage: engine(ctx, Number.isFinite(announced) && announced > 0 ? announced : null),
    defParamCharset: "utf8",
    limits: {
      files: 1,
      fileSize: limitOf(ctx),
      fields: 8,
      fieldNameSize: 64,
      fieldSize: 256,
      headerPairs: 32,
      parts: 9,
    },
  }).single("file");
  await new Promise<void>((resolve, reject) => {
    form(req, res, (error: unknown) => (error ? reject(refusalOf(ctx, error)) : resolve()));
  });
  const { stored, fields } = (req.file ?? {}) as Kept;
  if (!stored) throw invalid("file", "Send one file, as the field `file`.");
  try {
    if (fields !== JSON.stringify(req.body)) throw invalid("file", "Send the file behind all fields.");
    return await publishFile(ctx, stored.upload, stored.measure);
  } catch (error) {
    await discard(ctx, stored.upload).catch(() => {}); // the upload's row is collected later
    throw error;
  }
}

const messages: Readonly<Record<string, string>> = {
  LIMIT_FILE_COUNT: "Send one file at a time.",
  LIMIT_UNEXPECTED_FILE: "Send the file as the field `file`.",
  LIMIT_PART_COUNT: "The form has too many parts.",
  LIMIT_FIELD_COUNT: "The form has too many fields.",
};

function refusalOf(ctx: Ctx, error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof MulterError) {
    if (error.code === "LIMIT_FILE_SIZE") return tooLarge(limitOf(ctx));
    return invalid(error.field ?? "file", messages[error.code] ?? "The form is not as it should be.");
  }
  // Busboy and the connection fail with plain errors, all of them about what was sent.
  const { message = "" } = error as Error;
  if (/multipart|form|boundary|aborted|closed|header|unexpected end/i.test(message)) {
    return new HttpRefusal(400, "The form is malformed, or was cut off.");
  }
  return error;
}
