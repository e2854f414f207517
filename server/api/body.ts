import type { IncomingMessage } from "node:http";
import { AppError } from "../errors.ts";
import { HttpRefusal } from "./http-refusal.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

const isJson = /^application\/json\s*(;|$)/i;

/** Browsers send any other type across sites without asking first, so it is refused also when the body is empty. */
export function requireJson(req: IncomingMessage): void {
  const type = req.headers["content-type"];
  if (!type || !isJson.test(type)) {
    throw new HttpRefusal(415, "Send the body as content-type: application/json.", {
      details: { contentType: type?.slice(0, 100) ?? null },
    });
  }
  const encoding = req.headers["content-encoding"];
  if (encoding && encoding !== "identity") throw new HttpRefusal(415, "Send the body without content-encoding.");
}

/**
 * Reads a JSON body; an empty one is undefined.
 *
 * @throws AppError `too-large` | `validation.failed` (not UTF-8, not JSON, cut off)
 */
export async function readJson(req: IncomingMessage, limitBytes: number): Promise<unknown> {
  const text = await readText(req, limitBytes);
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(400, "The body is not valid JSON.");
  }
}

export function readText(req: IncomingMessage, limitBytes: number): Promise<string> {
  const tooLarge = () => new AppError("too-large", `A body may have ${limitBytes / 1024} KiB at most.`, { limitBytes });
  return new Promise((resolve, reject) => {
    if (Number(req.headers["content-length"] ?? 0) > limitBytes) return reject(tooLarge());
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        req.pause();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    req.once("end", () => {
      try {
        resolve(utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
      } catch {
        reject(new HttpRefusal(400, "The body is not valid UTF-8."));
      }
    });
    req.once("error", () => reject(new HttpRefusal(400, "The body was cut off.")));
  });
}
