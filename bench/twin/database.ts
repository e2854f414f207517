import pg from "pg";

/** A pool as large as ours; rows read as ours do: instants as ISO 8601, days as they are, counts as numbers. */
export function openPool(url: string): pg.Pool {
  pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) => new Date(text).toISOString());
  pg.types.setTypeParser(pg.types.builtins.DATE, (text: string) => text);
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  pg.types.setTypeParser(2951 as never, (text: string) => (text === "{}" ? [] : text.slice(1, -1).split(",")));
  return new pg.Pool({ connectionString: url, max: 20, options: "-c timezone=UTC" });
}

/** A failed request, told as `{ error, message }`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}
