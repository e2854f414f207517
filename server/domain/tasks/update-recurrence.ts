import { z } from "zod";
import { Recurrence } from "../../../db/entities/tasks.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { recurrenceFields } from "./create-recurrence.ts";
import { recurrenceDeleted, recurrenceUpdated } from "./planning.events.ts";
import { nextOccurrence } from "./recurrence.rule.ts";
import { type RecurrenceView, recurrences } from "./recurrence.view.ts";

export const recurrenceInput = z.object({ recurrenceId: id });
export const updateRecurrenceInput = z
  .object(recurrenceFields)
  .partial()
  .extend({ recurrenceId: id, paused: z.boolean().optional(), version: seenVersion });

/**
 * Changes what is given; the next occurrence follows. What would have occurred during a pause is not made up for.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `validation.failed` (rule) | `rule.broken` (archived)
 */
export const updateRecurrence = (ctx: Ctx, input: z.output<typeof updateRecurrenceInput>): Promise<RecurrenceView> =>
  inTransaction(ctx, async (ctx) => {
    const recurrence = await recurrences.access(ctx, input.recurrenceId, "recurrence.manage");
    requireSeen(recurrence, input.version);
    const { rule = recurrence.rule, startsAt = recurrence.startsAt, timeZone = recurrence.timeZone } = input;
    const { dueInDays, withSubtasks, paused = recurrence.state === "paused" } = input;
    const rhythm = { rule, startsAt, timeZone };
    const sameRhythm = JSON.stringify(rhythm) === JSON.stringify(rhythmOf(recurrence));
    const runsOn = sameRhythm && !paused && recurrence.state === "active";
    const next = nextOccurrence(rhythm, ctx.now)?.toISOString() ?? null;
    const nextAt = paused ? null : runsOn ? recurrence.nextAt : next;
    const updated = await save(ctx, Recurrence, recurrence, {
      ...{ ...rhythm, dueInDays, withSubtasks, nextAt },
      state: paused ? "paused" : nextAt ? "active" : "ended",
      problem: paused && recurrence.state === "paused" ? recurrence.problem : null,
    });
    return record(ctx, recurrenceUpdated, recurrence, updated);
  });

const rhythmOf = ({ rule, startsAt, timeZone }: RecurrenceView) => ({ rule, startsAt, timeZone });

/** @throws AppError `not-found` | `access.denied` | `rule.broken` (archived) */
export const deleteRecurrence = (ctx: Ctx, input: z.output<typeof recurrenceInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const recurrence = await recurrences.access(ctx, input.recurrenceId, "recurrence.manage");
    await recurrences.delete(ctx, recurrence.id);
    record(ctx, recurrenceDeleted, recurrence, null);
    return { id: recurrence.id };
  });
