import { type Sql, statement } from "./sql.ts";

/** What a remembered standing may rest on no more. */
export interface SessionEnds {
  /**
   * Whether something was taken from one of the subjects since an instant of the database's clock, or shortly before;
   * wrong for at most `staleMs` after it was committed.
   *
   * @throws Error where the database cannot be asked
   */
  since(askedAtMs: number, subjectIds: readonly string[]): Promise<boolean> | boolean;
}

/** How long what was read may be relied on. It is read anew in the background before. */
const staleMs = 1_000;
const renewMs = 400;
/** An end is seen when it is committed, which may be some time after the instant that it carries. */
const overlapMs = 120_000;

/** How long ends are kept for processes that read them: longer than any answer is remembered. */
export const endsKeptMinutes = 60;

interface Reading {
  readonly nowMs: number;
  /** The latest end of each subject. */
  readonly ends: Readonly<Record<string, number>>;
}

const readStatement = statement(
  "session-ends.read",
  `select (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs", coalesce(json_object_agg(subject_id, at), '{}') as ends
  from (select e.subject_id, extract(epoch from max(e.at)) * 1000 as at from auth.ends e
    where e.at > greatest(to_timestamp($1::float8 / 1000), now() - make_interval(secs => $2::float8 / 1000)) group by e.subject_id) ends`,
);

/** @param memoryMs how long an answer is remembered that ends are asked for */
export function createSessionEnds(sql: Sql, memoryMs: number): SessionEnds {
  const endedAtMs = new Map<string, number>();
  let sinceMs = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    const begunAt = performance.now();
    const keptMs = memoryMs + overlapMs;
    const [{ nowMs, ends }] = (await sql.query<Reading>(readStatement, [sinceMs, keptMs])) as [Reading];
    for (const [id, at] of endedAtMs) if (at < nowMs - keptMs) endedAtMs.delete(id);
    for (const [id, at] of Object.entries(ends)) endedAtMs.set(id, at);
    sinceMs = nowMs - overlapMs;
    readAt = begunAt;
  }
  /** Those who ask meanwhile wait for the same answer. */
  const renew = () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };

  return {
    since(askedAtMs, subjectIds) {
      const isEnded = () => subjectIds.some((id) => (endedAtMs.get(id) ?? 0) > askedAtMs - overlapMs);
      const ageMs = performance.now() - readAt;
      if (ageMs >= staleMs) return renew().then(isEnded);
      if (ageMs >= renewMs) renew().catch(() => undefined); // who needs it will be told
      return isEnded();
    },
  };
}
