import { stringify } from "csv-stringify/sync";

type Cell = string | number | null;

/** A figure as rows, for spreadsheets. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * CSV (RFC 4180) with a byte order mark, by which spreadsheets know UTF-8. Text that a spreadsheet would take for a
 * formula is led by an apostrophe (OWASP, CSV injection).
 */
export const toCsv = ({ columns, rows }: Table): string =>
  stringify([columns, ...rows] as Cell[][], { bom: true, escape_formulas: true, record_delimiter: "windows" });
