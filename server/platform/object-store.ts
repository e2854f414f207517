import type { Readable } from "node:stream";
import type { Config } from "../config.ts";
import { openDirectoryStore } from "./object-store-directory.ts";
import { openS3Store } from "./object-store-s3.ts";

/** A part of an object that is being uploaded piecewise. */
export interface StoredPart {
  /** 1 for the first. */
  readonly number: number;
  readonly sizeBytes: number;
  /** What the store needs to find the part again. */
  readonly tag: string;
}

/** One PUT request that a client may send, straight to the store. */
export interface SignedPut {
  readonly url: string;
  /** To be sent exactly as they are; browsers set `content-length` themselves. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Bytes under keys. An object appears whole or not at all, and is never changed afterwards; keys are chosen by the
 * server and used once.
 */
export interface ObjectStore {
  /** Streams bytes into a new object with bounded memory. When the bytes fail to arrive, nothing is left. */
  put(key: string, bytes: Readable): Promise<void>;
  /**
   * @param range both ends included
   * @throws AppError `not-found`
   */
  get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** null where there is no such object. */
  sizeOf(key: string): Promise<number | null>;
  /** Removes an object and what interrupted uploads left under its key. Safe to repeat. */
  delete(key: string): Promise<void>;

  /** Begins an object that clients upload in parts, each again as often as they like. */
  beginParts(key: string): Promise<string>;
  /** Signs the upload of one part; the store refuses any other size. */
  signPart(
    key: string,
    partsId: string,
    part: { readonly number: number; readonly sizeBytes: number },
    expiresInSeconds: number,
  ): Promise<SignedPut>;
  /** What has arrived, by number. @throws AppError `not-found` (deleted; in most stores also joined) */
  listParts(key: string, partsId: string): Promise<StoredPart[]>;
  /** Makes the object of its parts. Once only: some stores would make it again, of other parts. */
  joinParts(key: string, partsId: string, parts: readonly StoredPart[]): Promise<void>;
  /** Takes the PUT that `signPart` allowed, where that is a request to this server. */
  receivePart?(token: string, sizeBytes: number | null, bytes: Readable): Promise<void>;

  /** @throws Error while the store does not answer */
  check(): Promise<void>;
}

declare module "./services.ts" {
  interface Services {
    readonly store: ObjectStore;
  }
}

/** A directory below DATA_DIR, or a bucket of any S3. */
export const openObjectStore = (config: Config): ObjectStore =>
  config.S3_ENDPOINT ? openS3Store(config, config.S3_ENDPOINT) : openDirectoryStore(config);
