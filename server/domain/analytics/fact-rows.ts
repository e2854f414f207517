import type { PublicCtx } from "../../context.ts";
import { type Statement, statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";

/** Rows of a table as JSON, by their columns' names; what exists is replaced. */
export const saving = (table: string, key: string, columns: readonly string[]): Statement =>
  statement(
    `facts.save-${table}`,
    `insert into analytics.${table} select * from json_populate_recordset(null::analytics.${table}, $1::json)
    on conflict (project_id, ${key}) do update set ${columns.map((name) => `${name} = excluded.${name}`).join(", ")}`,
  );

/** Facts as rows: their fields are named like the columns, `endedAt` like `ended_at`. */
export function writeFacts(ctx: PublicCtx, into: Statement, facts: readonly object[]): void {
  if (facts.length > 0) write(ctx, into, [JSON.stringify(facts.map(rowOf))]);
}

const rowOf = (fact: object) =>
  Object.fromEntries(Object.entries(fact).map(([name, value]) => [columnOf(name), value]));
const columnNames = new Map<string, string>();
function columnOf(name: string): string {
  let column = columnNames.get(name);
  if (!column) {
    column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    columnNames.set(name, column);
  }
  return column;
}
