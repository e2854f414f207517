import { Pool } from "undici";
import type { HttpCall } from "./sides.ts";

/** A call and what to do with its answer. */
export interface Shot extends HttpCall {
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the answer; 200 if not told. */
  readonly status?: number;
  /** @throws Error when the answer is not what it should be */
  answered(body: Buffer, headers: AnswerHeaders): void;
}
type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Keep-alive connections to one server, one request at a time on each. */
export interface Gun {
  fire(shot: Shot): Promise<void>;
  /** Keeps `inFlight` requests under way until the time is over. @returns milliseconds of each */
  load(inFlight: number, forMs: number, next: (worker: number) => Shot): Promise<number[]>;
  close(): Promise<void>;
}

export function openGun(origin: string, connections: number): Gun {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 });

  async function fire(shot: Shot): Promise<void> {
    const { statusCode, body, headers } = await pool.request({
      method: shot.method,
      path: shot.path,
      headers: {
        authorization: `Bearer ${shot.token}`,
        ...(shot.body === null ? {} : { "content-type": "application/json" }),
        ...shot.headers,
      },
      body: shot.body,
    });
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(part);
    const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    if (statusCode !== (shot.status ?? 200))
      throw new Error(`${shot.method} ${shot.path} answered ${statusCode}: ${whole.subarray(0, 500)}`);
    shot.answered(whole, headers);
  }

  return {
    fire,
    async load(inFlight, forMs, next) {
      const latencies: number[] = [];
      const until = performance.now() + forMs;
      const work = async (worker: number) => {
        for (let now = performance.now(); now < until; ) {
          await fire(next(worker));
          const then = performance.now();
          latencies.push(then - now);
          now = then;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
      return latencies;
    },
    close: () => pool.close(),
  };
}
