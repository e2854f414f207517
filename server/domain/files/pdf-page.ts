import { Worker } from "node:worker_threads";

/** Pixels, four bytes each: red, green, blue, alpha. */
export interface Page {
  data: Uint8Array;
  width: number;
  height: number;
}

/**
 * Draws a document's first page in a thread of its own, which is ended when it takes too long: what a stranger wrote is
 * parsed there, in WebAssembly, and can hold up nothing else.
 *
 * @param edge the longer one, in pixels
 * @throws Error for what is no PDF, is encrypted, or takes too long
 */
export function drawFirstPage(document: Uint8Array, edge: number, timeoutMs: number): Promise<Page> {
  const worker = new Worker(new URL("./pdf-page.worker.ts", import.meta.url), {
    workerData: { document, edge },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    env: {},
    stdout: true,
    stderr: true,
  });
  return new Promise<Page>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`drawing took longer than ${timeoutMs} ms`)), timeoutMs);
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("drawing ended early")));
    worker.once("exit", () => clearTimeout(timer));
  }).finally(() => void worker.terminate());
}
