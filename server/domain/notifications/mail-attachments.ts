import { Readable } from "node:stream";
import type { Ctx } from "../../context.ts";
import { AppError, ruleBroken } from "../../errors.ts";
import { findHarm } from "../../platform/scanner.ts";
import { mostAttached } from "../comments/comment.attachments.ts";
import { fileName } from "../files/file.name.ts";
import { type Stored, storeFile } from "../files/receive-file.ts";
import type { IncomingMail } from "./incoming-mail.ts";

/** What became of the attachments of a mail. */
interface Taken {
  readonly stored: readonly Stored[];
  readonly leftOut: readonly { readonly name: string; readonly error: AppError }[];
}

/**
 * Puts a mail's attachments into the store, for a comment on a task, with the rights, limits and quota of any upload. What
 * exceeds them, or has something harmful in it, is left out.
 *
 * @throws AppError `upstream.down` (store, scanner)
 */
export async function storeAttachments(
  ctx: Ctx,
  place: { taskId: string; internal: boolean },
  attachments: IncomingMail["attachments"],
): Promise<Taken> {
  const stored: Stored[] = [];
  const leftOut: { name: string; error: AppError }[] = [];
  for (const { name, content } of attachments) {
    try {
      if (stored.length === mostAttached)
        throw ruleBroken("comment.files", `A comment has ${mostAttached} files at most.`);
      await requireHarmless(ctx, content);
      const incoming = { name, bytes: Readable.from([content]), announcedBytes: content.length };
      stored.push(await storeFile(ctx, place, incoming));
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      leftOut.push({ name: fileName(name), error });
    }
  }
  return { stored, leftOut };
}

/** Nobody is asked what to do with a mail's file, so it is looked through before it is anywhere. */
async function requireHarmless({ app }: Ctx, content: Buffer): Promise<void> {
  const { CLAMD_URL } = app.config;
  if (CLAMD_URL && (await findHarm(CLAMD_URL, Readable.from([content]))))
    throw ruleBroken("file.locked", "Something harmful was found in it.");
}

const mostNamed = 20;

/** For the end of the comment, since who wrote the mail cannot be told otherwise. */
export function wordsOf(leftOut: Taken["leftOut"]): string[] {
  const named = leftOut.slice(0, mostNamed);
  const words = named.map(
    ({ name, error }) => `Not taken from the mail: \`${name.replaceAll("`", "'")}\`. ${error.message}`,
  );
  return leftOut.length > mostNamed ? [...words, `Nor were ${leftOut.length - mostNamed} more.`] : words;
}
