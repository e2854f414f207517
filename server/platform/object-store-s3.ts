import type { Readable } from "node:stream";
import { AwsV4Signer } from "aws4fetch";
import { Client } from "minio";
import type { Config } from "../config.ts";
import { AppError, notFound } from "../errors.ts";
import type { ObjectStore, StoredPart } from "./object-store.ts";

/** What is held of a stream in memory. Parts of S3 have 5 MiB at least, and 10,000 of them are the most. */
const pieceBytes = 8 * 1024 * 1024;

class S3Client extends Client {
  /** `listParts` asks for all pages, but is meant for heirs only. */
  partsOf(bucket: string, key: string, partsId: string) {
    return this.listParts(bucket, key, partsId);
  }
}

/** Objects in a bucket of any S3. The bucket is made if it is missing. */
export function openS3Store(config: Config, endpoint: string): ObjectStore {
  const url = new URL(endpoint);
  const outside = (config.S3_PUBLIC_URL ?? endpoint).replace(/\/$/, "");
  const { S3_BUCKET: bucket, S3_REGION: region, S3_ACCESS_KEY: accessKey = "", S3_SECRET_KEY: secretKey = "" } = config;
  const client = new S3Client({
    endPoint: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    useSSL: url.protocol === "https:",
    accessKey,
    secretKey,
    region,
    pathStyle: true,
  });

  let ready: Promise<void> | null = null;
  /** A failure is not remembered: the next call asks again. */
  function prepared(): Promise<void> {
    ready ??= prepareBucket().catch((error) => {
      ready = null;
      throw error;
    });
    return ready;
  }
  async function prepareBucket(): Promise<void> {
    if (await client.bucketExists(bucket)) return;
    await client.makeBucket(bucket, region).catch((error) => {
      if (!/BucketAlready/.test(codeOf(error))) throw error;
    });
  }
  const ask = async <T>(what: string, question: () => Promise<T>): Promise<T> => {
    try {
      await prepared();
      return await question();
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (/^(NoSuch|NotFound)/.test(codeOf(error))) throw notFound(what);
      throw new AppError("upstream.down", "The file store does not answer; try again.", {}, { cause: error });
    }
  };

  const abort = (key: string, partsId: string) =>
    client.abortMultipartUpload(bucket, key, partsId).catch((error) => {
      if (!/^(NoSuch|NotFound)/.test(codeOf(error))) throw error;
    });

  /** Piece after piece; what fails on the way leaves neither an object nor parts of one. */
  async function putPieces(key: string, pieces: AsyncIterator<Buffer>, first: Buffer): Promise<void> {
    const partsId = await ask("bucket", () => client.initiateNewMultipartUpload(bucket, key, {}));
    try {
      const tags: { part: number; etag: string }[] = [];
      let piece: Buffer | undefined = first;
      while (piece) {
        const body: Buffer = piece;
        const partNumber = tags.length + 1;
        const part = { bucketName: bucket, objectName: key, uploadID: partsId, partNumber, headers: {} };
        const { etag } = await ask("upload", () => client.uploadPart(part, body));
        tags.push({ part: partNumber, etag });
        const next = await pieces.next();
        piece = next.done ? undefined : next.value;
      }
      await ask("upload", () => client.completeMultipartUpload(bucket, key, partsId, tags));
    } catch (error) {
      await abort(key, partsId).catch(() => {}); // `delete` does it again
      throw error;
    }
  }

  return {
    async put(key, bytes) {
      const pieces = inPieces(bytes);
      const { value: first = Buffer.alloc(0), done } = await pieces.next();
      if (!done && first.length === pieceBytes) return putPieces(key, pieces, first);
      await ask("bucket", () => client.putObject(bucket, key, first, first.length));
    },
    get: (key, range) =>
      ask("object", () =>
        range
          ? client.getPartialObject(bucket, key, range.start, range.end - range.start + 1)
          : client.getObject(bucket, key),
      ),
    async sizeOf(key) {
      try {
        return (await ask("object", () => client.statObject(bucket, key))).size;
      } catch (error) {
        if (error instanceof AppError && error.code === "not-found") return null;
        throw error;
      }
    },
    async delete(key) {
      await ask("object", () => client.removeObject(bucket, key)).catch(unlessMissing);
      await ask("upload", () => client.removeIncompleteUpload(bucket, key)).catch(unlessMissing);
    },
    beginParts: (key) => ask("bucket", () => client.initiateNewMultipartUpload(bucket, key, {})),
    async signPart(key, partsId, { number, sizeBytes }, expiresInSeconds) {
      const target = new URL(`${outside}/${bucket}/${key}`);
      target.searchParams.set("partNumber", String(number));
      target.searchParams.set("uploadId", partsId);
      target.searchParams.set("X-Amz-Expires", String(expiresInSeconds));
      const headers = { "content-length": String(sizeBytes) };
      const { url: signed } = await new AwsV4Signer({
        method: "PUT",
        url: target.href,
        headers,
        accessKeyId: accessKey,
        secretAccessKey: secretKey,
        service: "s3",
        region,
        signQuery: true,
        allHeaders: true, // the length too, so that the store refuses any other
      }).sign();
      return { url: signed.href, headers };
    },
    async listParts(key, partsId): Promise<StoredPart[]> {
      const parts = await ask("upload", () => client.partsOf(bucket, key, partsId));
      return parts
        .map(({ part, size, etag }) => ({ number: part, sizeBytes: size, tag: etag }))
        .sort((a, b) => a.number - b.number);
    },
    async joinParts(key, partsId, parts) {
      const tags = parts.map(({ number, tag }) => ({ part: number, etag: tag }));
      await ask("upload", () => client.completeMultipartUpload(bucket, key, partsId, tags));
    },
    async check() {
      await client.bucketExists(bucket);
    },
  };
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | null)?.code ?? "");

function unlessMissing(error: unknown): void {
  if (!(error instanceof AppError && error.code === "not-found")) throw error;
}

/**
 * The stream cut into pieces of the same length, the last one shorter; the next is read when it is asked for, into the
 * memory of the one before.
 */
async function* inPieces(bytes: Readable): AsyncGenerator<Buffer, undefined> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  let size = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const copied = chunk.copy(piece, size, from);
      from += copied;
      size += copied;
      if (size < pieceBytes) continue;
      yield piece;
      size = 0;
    }
  }
  if (size > 0) yield piece.subarray(0, size);
}
