import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { AppError } from "../../errors.ts";
import { streamed } from "../../platform/stream-garbage.ts";
import { mediaTypeOf, sampleBytes } from "./media-type.ts";

/** What the bytes of a file say about themselves. */
export interface Measure {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly mediaType: string;
}

export const tooLarge = (limitBytes: number) =>
  new AppError("too-large", `A file may have ${Math.floor(limitBytes / 1_048_576)} MiB at most.`, { limitBytes });

/** Passes bytes on and measures them on their way; fails when they are more than `limitBytes`. */
export function measuring(limitBytes: number): { through: Transform; result(): Promise<Measure> } {
  const hash = createHash("sha256");
  const sample: Buffer[] = [];
  let sampled = 0;
  let sizeBytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) return done(tooLarge(limitBytes));
      if (sampled < sampleBytes) {
        sample.push(Buffer.from(chunk.subarray(0, sampleBytes - sampled)));
        sampled += sample.at(-1)?.length ?? 0;
      }
      hash.update(chunk);
      streamed(chunk.length);
      done(null, chunk);
    },
  });
  return {
    through,
    result: async () => ({
      sizeBytes,
      sha256: hash.digest("hex"),
      mediaType: await mediaTypeOf(Buffer.concat(sample)),
    }),
  };
}
