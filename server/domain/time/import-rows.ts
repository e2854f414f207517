import { parse } from "csv-parse/sync";
import { z } from "zod";
import { AppError, invalid } from "../../errors.ts";
import { day, name } from "../fields.ts";
import { durationMinutes, timeComment } from "./create-time-entry.ts";

export const largestImport = 1_000;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 09:30");

/** Time as other programs write it: things by their keys and names. */
export const importRow = z.strictObject({
  project: z
    .string()
    .max(10)
    .optional()
    .describe("its key, such as `WEB`, or a former one; may be left out where a task is named"),
  task: z.string().max(30).optional().describe("its key, such as `WEB-12`, or a former one"),
  spentOn: day,
  durationMinutes: durationMinutes.optional(),
  from: clock.optional().describe("with `to`, instead of the duration: on the clock where they are"),
  to: clock.optional().describe("up to the next day"),
  activity: name(60).optional().describe("by name"),
  billable: z.boolean().optional().describe("default: as the activity is; true without one"),
  comment: timeComment.optional(),
});
export type ImportRow = z.output<typeof importRow>;

/** What is wrong with a row. */
export interface RowFault {
  /** 1 for the first. */
  row: number;
  field: string | null;
  message: string;
}

/** Of hundreds of faults, so many are told. */
const toldFaults = 200;

export const refuseRows = (faults: readonly RowFault[]) =>
  new AppError("validation.failed", "Nothing was imported: some rows are not as they should be.", {
    rows: faults.slice(0, toldFaults),
    faults: faults.length,
  });

const columns = new Set(Object.keys(importRow.shape));

/**
 * Rows of a CSV (RFC 4180, with a head; separated by commas or semicolons). An empty cell is absent.
 *
 * @throws AppError `validation.failed`, with the faults of each row in `details.rows`
 */
export function rowsOfCsv(csv: string): ImportRow[] {
  const records = parseCsv(csv);
  const [head] = records;
  const unknown = Object.keys(head ?? {}).find((column) => !columns.has(column));
  if (unknown !== undefined)
    throw invalid("csv", `The column ${unknown} is unknown; known are ${[...columns].join(", ")}.`);
  const faults: RowFault[] = [];
  const rows = records.flatMap((record, at) => {
    const given = Object.entries(record).filter(([, text]) => text !== "");
    const parsed = importRow.safeParse(
      Object.fromEntries(given.map(([column, text]) => [column, cellValue(column, text)])),
    );
    if (parsed.success) return [parsed.data];
    for (const { path, message } of parsed.error.issues) faults.push({ row: at + 1, field: String(path[0]), message });
    return [];
  });
  if (faults.length > 0) throw refuseRows(faults);
  return rows;
}

function parseCsv(csv: string): Record<string, string>[] {
  try {
    return parse<Record<string, string>>(csv, {
      ...{ bom: true, columns: true, delimiter: [",", ";"], skip_empty_lines: true, trim: true, to: largestImport + 1 },
    });
  } catch (error) {
    throw invalid("csv", (error as Error).message);
  }
}

function cellValue(column: string, text: string): unknown {
  if (column === "durationMinutes") return /^\d{1,6}$/.test(text) ? Number(text) : text;
  if (column === "billable") return { true: true, false: false }[text.toLowerCase()] ?? text;
  return text;
}
