import { stringify } from "csv-stringify/sync";
import writeSheet from "write-excel-file/node";
import type { ReportDimension } from "./report.sql.ts";
import type { TimeReport } from "./time-report.ts";

type Cell = string | number | null;

/** Digits behind the point of a currency (ISO 4217), as this runtime knows them. */
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** Minor units as a decimal text; no float comes in between. */
function decimal(amountMinor: number, currency: string): string {
  const digits = digitsOf(currency);
  if (digits === 0) return String(amountMinor);
  const text = String(amountMinor).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A report as a table: a column per group and figure, and one per currency. */
export function tableOf(
  by: readonly ReportDimension[],
  { rows, total }: TimeReport,
): { head: string[]; rows: Cell[][] } {
  const currencies = [...new Set(total.amounts?.map(({ currency }) => currency))].sort();
  const figures = (row: TimeReport["total"]): Cell[] => [
    ...[row.durationMinutes, row.billableMinutes, row.entries, row.estimateMinutes, row.estimatedDurationMinutes],
    ...currencies.map((currency) => {
      const amount = row.amounts?.find((given) => given.currency === currency);
      return amount ? Number(decimal(amount.amountMinor, currency)) : null;
    }),
  ];
  const groups = (row: TimeReport["rows"][number]): Cell[] =>
    by.map((dimension) => {
      const value = row[dimension];
      return typeof value === "object" ? value.name : (value ?? null);
    });
  return {
    head: [
      ...by,
      ...["durationMinutes", "billableMinutes", "entries", "estimateMinutes", "estimatedDurationMinutes"],
      ...currencies.map((currency) => `amount ${currency}`),
    ],
    rows: [
      ...rows.map((row) => [...groups(row), ...figures(row)]),
      [...by.map((_, at) => (at ? null : "total")), ...figures(total)],
    ],
  };
}

/**
 * RFC 4180. A text that a spreadsheet would run as a formula is escaped with an apostrophe (OWASP, "CSV Injection"):
 * names and titles are anybody's words.
 */
export const csvOf = ({ head, rows }: ReturnType<typeof tableOf>): string =>
  stringify([head, ...rows], { escape_formulas: true });

/** Texts are cells of the type text, which no spreadsheet computes. */
export function xlsxOf({ head, rows }: ReturnType<typeof tableOf>): Promise<Buffer> {
  const cell = (value: Cell) =>
    value === null ? null : typeof value === "string" ? { value, type: String } : { value, type: Number };
  const table = [
    head.map((value) => ({ value, type: String, fontWeight: "bold" as const })),
    ...rows.map((row) => row.map(cell)),
  ];
  return writeSheet(table, { sheet: "Time", stickyRowsCount: 1 }).toBuffer();
}
