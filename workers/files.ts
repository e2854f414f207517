import { collectBytes } from "../server/domain/files/collect-bytes.ts";
import { collectJob, inspectJob, thumbnailJob } from "../server/domain/files/file.jobs.ts";
import { inspectFile } from "../server/domain/files/inspect-file.ts";
import { handleJob } from "./job.ts";
import { defineSchedule } from "./schedule.ts";

export const inspectFiles = handleJob(inspectJob, {
  maxAttempts: 12, // a scanner that loads its signatures answers nothing for minutes
  timeoutMs: 15 * 60_000,
  handle: (ctx, input, { signal }) => inspectFile(ctx, input, signal),
});

export const drawThumbnails = handleJob(thumbnailJob, {
  maxAttempts: 5,
  timeoutMs: 60_000,
  prefetch: 1, // each holds an original in memory
  async handle(ctx, input) {
    const { makeThumbnail } = await import("../server/domain/files/make-thumbnail.ts"); // codecs, only where they are used
    await makeThumbnail(ctx, input);
  },
});

export const collectFiles = handleJob(collectJob, {
  maxAttempts: 8,
  timeoutMs: 10 * 60_000,
  prefetch: 1,
  handle: (ctx) => collectBytes(ctx),
});

/** Whatever was forgotten: uploads that nobody ended, deletions whose worker died. */
export const collectFilesRegularly = defineSchedule({
  name: "file.sweep",
  cron: "*/10 * * * *",
  timeoutMs: 10 * 60_000,
  handle: (ctx) => collectBytes(ctx),
});
