import { connect } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "../errors.ts";

/** clamd answers within its own limits, unless it hangs. */
const silenceMs = 120_000;
const maxAnswerBytes = 4_096;

/**
 * Has bytes looked through by clamd, in its INSTREAM protocol: pieces behind their length, and a length of zero at the
 * end (https://docs.clamav.net/manual/Usage/Scanning.html#clamd).
 *
 * @returns the name of what was found; null for nothing
 * @throws AppError `upstream.down` when clamd does not say that it found nothing, whatever else it says
 */
export async function findHarm(url: string, bytes: Readable, signal?: AbortSignal): Promise<string | null> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) || 3310, ...(signal ? { signal } : {}) });
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("clamd is silent")));
  const answered = new Promise<string>((resolve, reject) => {
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer += text;
      if (answer.includes("\0") || answer.length > maxAnswerBytes) resolve(answer);
    });
    socket.once("close", () => (answer ? resolve(answer) : reject(new Error("clamd hung up"))));
    socket.once("error", reject);
  });
  answered.catch(() => {});
  try {
    // Its limit reached, clamd answers and hangs up before all is sent: then the answer counts, not the broken pipe.
    const sent = pipeline(bytes, framed, socket, { end: false });
    sent.catch(() => {});
    const answer = (await Promise.race([answered, sent.then(() => answered)])).replace(/\0.*$/s, "").trim();
    const found = /^stream: (.+) FOUND$/.exec(answer);
    if (found) return found[1] as string;
    if (answer === "stream: OK") return null;
    throw new Error(`clamd answered: ${answer.slice(0, 200)}`);
  } catch (cause) {
    throw new AppError("upstream.down", "The file could not be looked through yet.", {}, { cause });
  } finally {
    bytes.destroy();
    socket.destroy();
  }
}

async function* framed(bytes: AsyncIterable<Buffer>) {
  yield Buffer.from("zINSTREAM\0");
  for await (const chunk of bytes) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    yield length;
    yield chunk;
  }
  yield Buffer.alloc(4);
}
