import { letterCatalogue } from "../server/domain/letter.catalogue.ts";
import { emailJob } from "../server/domain/letters.ts";
import { sendLetter } from "../server/domain/notifications/send-letter.ts";
import { handleJob } from "./job.ts";

/** About four hours, with pauses that double up to a quarter of an hour: a mail server may be away for a while. */
const maxAttempts = 24;

export const sendLetters = handleJob(emailJob, {
  maxAttempts,
  timeoutMs: 60_000,
  prefetch: 8,
  handle: (ctx, job, { jobId, attempt, signal }) =>
    sendLetter(ctx, letterCatalogue, job, { jobId, isLast: attempt >= maxAttempts, signal }),
});
