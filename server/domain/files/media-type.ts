import { fileTypeFromBuffer } from "file-type";

/** What is kept of a file's beginning to find its type. */
export const sampleBytes = 4_100 * 4;

/** Types that may be shown in a page. No document that can run script, and no container of one, is among them. */
const shown = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/bmp",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "audio/mp4",
  "audio/flac",
  "video/mp4",
  "video/webm",
  "text/plain",
]);
export const canBeShown = (mediaType: string) => shown.has(mediaType);

const markup = /^\s*(?:<\?xml|<!doctype|<!--|<\/?[a-z][a-z0-9:-]*[\s/>])/i;

/**
 * The type of a file, found in its first bytes. Text is `text/plain`, unless it looks like markup: what a browser could
 * take for HTML is called that here.
 */
export async function mediaTypeOf(sample: Buffer): Promise<string> {
  const found = await fileTypeFromBuffer(sample).catch(() => undefined);
  if (found && !/xml/.test(found.mime)) return found.mime;
  const text = textOf(sample);
  if (text === null) return "application/octet-stream";
  if (/<svg[\s>]/i.test(text)) return "image/svg+xml";
  if (/<(?:html|head|body|script|iframe|object|embed|style|title|a|img|table|div|form)[\s/>]/i.test(text)) {
    return "text/html";
  }
  if (found || markup.test(text)) return /^\s*<\?xml/i.test(text) || found ? "application/xml" : "text/html";
  return "text/plain";
}

/** UTF-8 text, maybe cut off in the middle of a character; null for anything else. */
function textOf(sample: Buffer): string | null {
  if (sample.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(sample, { stream: true });
  } catch {
    return null;
  }
}
