import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { type TimerView, timerColumns } from "./time.view.ts";

const readStatement = statement("timer.of-person", `select ${timerColumns} from time.timers tr where tr.user_id = $1`);
const holdStatement = statement(
  "timer.lock-organization",
  `select from organizations.organizations where id = (select organization_id from time.timers where user_id = $1) for share`,
);
const lockStatement = statement("timer.lock", "select from time.timers where user_id = $1 for update");

/** What runs for the caller; inside a transaction it is locked. */
export async function findMyTimer(ctx: Ctx): Promise<TimerView | null> {
  const me = [ctx.actor.userId];
  const [, , [timer]] = await Promise.all([
    ctx.transaction ? ctx.sql.query(holdStatement, me) : [],
    ctx.transaction ? ctx.sql.query(lockStatement, me) : [],
    ctx.sql.query<TimerView>(readStatement, me),
  ]);
  return timer ?? null;
}

/** The door to one's own timer. @throws AppError `not-found` when none runs */
export async function accessMyTimer(ctx: Ctx): Promise<TimerView> {
  const timer = await findMyTimer(ctx);
  if (!timer) throw notFound("timer");
  return timer;
}
