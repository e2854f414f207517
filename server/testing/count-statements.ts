import pg from "pg";
import type { App } from "../context.ts";

/** What a call asked of the database. */
export interface Statements {
  /** In the order sent: the names of prepared statements, the texts of others. */
  sent: string[];
  /** How often the process waited: statements sent before an answer came share a round trip. */
  roundTrips: number;
}

/**
 * Counts the statements that `work` sends through the pool. Nothing else may use it meanwhile.
 *
 * @returns what `work` returned, with the count
 */
export async function countStatements<T>(app: App, work: () => Promise<T>): Promise<Statements & { result: T }> {
  const sent: string[] = [];
  let roundTrips = 0;
  let pending = 0;
  let open = false;
  const original = pg.Client.prototype.query;
  const counted = function (this: pg.Client, ...args: Parameters<typeof original>) {
    const [query] = args as unknown as [string | { name?: string; text: string }];
    sent.push(typeof query === "string" ? query : (query.name ?? query.text.trim().split(/\s+/, 1)[0] ?? ""));
    if (!open) roundTrips += 1;
    open = true;
    pending += 1;
    const answered = () => {
      pending -= 1;
      if (pending === 0) open = false;
    };
    const last: unknown = args.at(-1);
    if (typeof last === "function") {
      // The pool asks with a callback.
      const inner = (...outcome: unknown[]) => {
        answered();
        last(...outcome);
      };
      return Reflect.apply(original, this, [...args.slice(0, -1), inner]);
    }
    const answer: unknown = Reflect.apply(original, this, args);
    (answer as Promise<unknown>).then(answered, answered);
    return answer;
  };
  await app.sql.query("select 1"); // so that connecting is not counted
  pg.Client.prototype.query = counted as unknown as typeof original;
  try {
    return { result: await work(), sent, roundTrips };
  } finally {
    pg.Client.prototype.query = original;
  }
}
