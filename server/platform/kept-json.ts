import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What stands before and after an answer's text where it is sent. */
export type Around = readonly [before: string, after: string];
export const nothingAround: Around = ["", ""];

/** An answer as JSON text that is sent again and again: serialised once, and compressed once for each way of sending. */
export class KeptJson {
  readonly text: Buffer;
  readonly #compressed = new Map<string, Promise<Buffer>>();

  constructor(text: Buffer) {
    this.text = text;
  }

  /** From what `gzip` returned. */
  static async fromGzip(bytes: Buffer): Promise<KeptJson> {
    const json = new KeptJson(await decompress(bytes));
    json.#compressed.set(keyOf(nothingAround), Promise.resolve(bytes));
    return json;
  }

  /** The text and what stands around it, compressed beside the event loop. */
  gzip(around: Around = nothingAround): Promise<Buffer> {
    const key = keyOf(around);
    let bytes = this.#compressed.get(key);
    if (!bytes) {
      const [before, after] = around;
      bytes = compress(Buffer.concat([Buffer.from(before), this.text, Buffer.from(after)]));
      this.#compressed.set(key, bytes);
    }
    return bytes;
  }
}

const keyOf = ([before, after]: Around) => `${before}\n${after}`;
