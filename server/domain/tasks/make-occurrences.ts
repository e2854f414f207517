import { NIL } from "uuid";
import { Recurrence } from "../../../db/entities/tasks.ts";
import { actingAs, type Ctx, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { daysBetween, daysLater } from "../days.ts";
import { save } from "../save.ts";
import { copyTree } from "./copy-task.ts";
import { recurrenceFailed, recurrenceOccurred } from "./planning.events.ts";
import { dayIn, nextOccurrence } from "./recurrence.rule.ts";
import { type RecurrenceView, recurrenceColumns } from "./recurrence.view.ts";
import type { TaskView } from "./task.view.ts";

const dueStatement = statement(
  "recurrence.due",
  `select rc.id, rc.created_by_id as "createdById" from tasks.recurrences rc
  join projects.projects p on p.id = rc.project_id and p.archived_at is null
  where rc.state = 'active' and rc.next_at <= $1 order by rc.next_at limit 100`,
);
const lockStatement = statement(
  "recurrence.lock-project-of-due",
  "select from projects.projects where id = (select project_id from tasks.recurrences where id = $1) for no key update",
);
const readStatement = statement(
  "recurrence.read-due",
  `select ${recurrenceColumns} from tasks.recurrences rc where rc.id = $1 and rc.state = 'active' and rc.next_at <= $2`,
);
const occurStatement = statement(
  "recurrence.occur",
  "insert into tasks.occurrences (organization_id, recurrence_id, occurs_at, task_id) values ($1, $2, $3, $4)",
);

interface Due {
  id: string;
  createdById: string;
}

/**
 * Makes every occurrence whose time has come, in the order of time: once each, whoever else does the same. Those of a
 * downtime are made afterwards. Where one cannot be made, its recurrence is paused and says why.
 */
export async function makeOccurrences(ctx: PublicCtx, now: Date): Promise<void> {
  for (;;) {
    const due = await ctx.sql.query<Due>(dueStatement, [now]);
    for (const one of due) {
      const acting = actingAs(ctx, { userId: one.createdById, sessionId: NIL });
      await makeOne(acting, one.id, now).catch((error: unknown) => pause(acting, one.id, now, error));
    }
    if (due.length === 0) return;
  }
}

const makeOne = (ctx: Ctx, recurrenceId: string, now: Date): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    const recurrence = await lockDue(ctx, recurrenceId, now);
    if (!recurrence?.nextAt) return; // somebody else was faster
    const { organizationId, taskId, withSubtasks, nextAt: occursAt } = recurrence;
    const { task } = await copyTree(ctx, { taskId, withSubtasks }, { fromStart: true, days: daysFor(recurrence) });
    await ctx.sql.query(occurStatement, [organizationId, recurrenceId, occursAt, task.id]);
    const nextAt = nextOccurrence(recurrence, new Date(occursAt))?.toISOString() ?? null;
    const advanced = await save(ctx, Recurrence, recurrence, {
      ...{ nextAt, state: nextAt ? "active" : "ended", occurrenceCount: recurrence.occurrenceCount + 1 },
    });
    record(ctx, recurrenceOccurred, recurrence, advanced);
  });

/** Under the lock that all who change recurrences of a project take. */
async function lockDue(ctx: Ctx, recurrenceId: string, now: Date): Promise<RecurrenceView | undefined> {
  const [, [recurrence]] = await Promise.all([
    ctx.sql.query(lockStatement, [recurrenceId]),
    ctx.sql.query<RecurrenceView>(readStatement, [recurrenceId, now]),
  ]);
  return recurrence;
}

/** The copy is due as the recurrence says; days of its sub-tasks keep their distance, where the original has a due day. */
function daysFor({ nextAt, timeZone, dueInDays, taskId }: RecurrenceView) {
  const day = dayIn(timeZone, new Date(nextAt as string));
  const dueOn = daysLater(day, dueInDays);
  let shift: number | null = null;
  return (original: TaskView): Pick<TaskView, "startOn" | "dueOn"> => {
    if (original.id === taskId) {
      shift = original.dueOn ? daysBetween(original.dueOn, dueOn) : null;
      return { startOn: original.startOn ? day : null, dueOn };
    }
    const moved = (old: string | null) => (old && shift !== null ? daysLater(old, shift) : null);
    return { startOn: moved(original.startOn), dueOn: moved(original.dueOn) };
  };
}

/** What will not be otherwise next time. */
const lasting: readonly string[] = ["rule.broken", "access.denied", "not-found", "validation.failed"];

async function pause(ctx: Ctx, recurrenceId: string, now: Date, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || !lasting.includes(error.code)) throw error;
  const { message: problem } = error;
  await inTransaction(ctx, async (ctx) => {
    const recurrence = await lockDue(ctx, recurrenceId, now);
    if (!recurrence) return;
    const paused = await save(ctx, Recurrence, recurrence, { state: "paused", nextAt: null, problem });
    record(ctx, recurrenceFailed, recurrence, paused);
  });
}
