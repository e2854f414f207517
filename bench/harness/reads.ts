import { openGun } from "./http-load.ts";
import type { Pair, Work } from "./pair.ts";
import type { Side } from "./stack.ts";

/** One person who asks ours, one call after the other. */
export interface Reader {
  /** @returns the answer's bytes; `dataOf` reads them, which no clock has to count */
  ask(procedure: string, input: object): Promise<Buffer>;
  close(): Promise<void>;
}

export function openReader(side: Side): Reader {
  const gun = openGun(side.server.origin, 1);
  const token = side.people[0]!.token; // of the organization's owner
  return {
    async ask(procedure, input) {
      let answer: Buffer = Buffer.alloc(0);
      const answered = (body: Buffer) => {
        answer = body;
      };
      const path = `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;
      await gun.fire({ method: "GET", path, body: null, token, answered });
      return answer;
    },
    close: () => gun.close(),
  };
}

export const dataOf = <T>(answer: Buffer): T => (JSON.parse(answer.toString()) as { result: { data: T } }).result.data;

/** Something that is read again and again, and answers the same each time. */
interface Read<Found> {
  read(): Promise<Found>;
  /** Before each time; on no clock. */
  prepare?(): Promise<void>;
}

/** What is read of ours beside what is read without it; `differences` tells what of their last answers is not the same. */
export function readPair<Own, Other>(
  forMs: number,
  own: Read<Own>,
  other: Read<Other>,
  differences: (own: Own, other: Other) => string[],
): Pair {
  let last: { own?: Own; other?: Other } = {};
  async function repeat<Found>({ read, prepare }: Read<Found>, keep: (found: Found) => void): Promise<Work> {
    const latencies: number[] = [];
    const until = performance.now() + forMs;
    do {
      await prepare?.();
      const startedAt = performance.now();
      keep(await read());
      latencies.push(performance.now() - startedAt);
    } while (performance.now() < until);
    return { amount: latencies.length, seconds: latencies.reduce((sum, one) => sum + one, 0) / 1_000, latencies };
  }
  return {
    ours: () =>
      repeat(own, (found) => {
        last = { ...last, own: found };
      }),
    bare: () =>
      repeat(other, (found) => {
        last = { ...last, other: found };
      }),
    check: async () => (last.own && last.other ? differences(last.own, last.other).slice(0, 5) : ["nothing was read"]),
    close: async () => {},
  };
}
