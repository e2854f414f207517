import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { accessTimeEntry } from "./time.access.ts";
import { defaultRules, findTimeSettings, requireOpenDay } from "./time.rules.ts";
import { removeEntries } from "./time-entry.save.ts";
import { findSheet } from "./timesheet.access.ts";

export const deleteTimeEntryInput = z.object({ timeEntryId: id, version: seenVersion });

/** @throws AppError `not-found` (also when repeated) | `access.denied` | `stale` | `rule.broken` (`time.closed`, archived project) */
export const deleteTimeEntry = (ctx: Ctx, input: z.output<typeof deleteTimeEntryInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const entry = await accessTimeEntry(ctx, input.timeEntryId, "time.update-own", "time.manage");
    requireSeen(entry, input.version);
    const [sheet, settings] = await Promise.all([
      findSheet(ctx, entry.timesheetId),
      findTimeSettings(ctx, entry.organizationId),
    ]);
    requireOpenDay(settings ?? defaultRules, sheet, entry.spentOn);
    removeEntries(ctx, [entry]);
    return { id: entry.id };
  });
