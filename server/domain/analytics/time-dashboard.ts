import { v5 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import {
  projectTimeBegun,
  projectTimeDayBegun,
  projectTimeDayForgotten,
  projectTimeDayMoved,
  projectTimeEnded,
  projectTimeMoved,
} from "./analytics.events.ts";
import {
  type ProjectTimeDayView,
  type ProjectTimeView,
  projectTimeColumns,
  projectTimeDayColumns,
} from "./dashboard.view.ts";
import type { EntryFact } from "./entry-facts.ts";

/** Days that have time, per project. */
const daysKept = 90;

const timeStatement = statement(
  "dashboard.time",
  `select ${projectTimeColumns} from analytics.project_time pt where pt.id = $1`,
);
const daysStatement = statement(
  "dashboard.time-days",
  `select ${projectTimeDayColumns} from analytics.project_time_days ptd where ptd.project_id = $1 order by ptd."on"`,
);
const latestStatement = statement(
  "dashboard.latest-time-days",
  `select te.spent_on as "on", sum(te.minutes)::int8 as minutes, coalesce(sum(te.minutes) filter (where te.billable), 0)::int8 as "billableMinutes"
  from analytics.time_entries te where te.project_id = $1 group by te.spent_on order by te.spent_on desc limit $2`,
);
const saveTimeStatement = statement(
  "dashboard.save-time",
  `insert into analytics.project_time (id, organization_id, entries, minutes, billable_minutes) values ($1, $2, $3, $4, $5)
  on conflict (id, organization_id) do update set entries = excluded.entries, minutes = excluded.minutes,
    billable_minutes = excluded.billable_minutes`,
);
const saveDayStatement = statement(
  "dashboard.save-time-day",
  `insert into analytics.project_time_days (id, organization_id, project_id, "on", minutes, billable_minutes)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (id, organization_id) do update set minutes = excluded.minutes, billable_minutes = excluded.billable_minutes`,
);
const forgetTimeStatement = statement("dashboard.forget-time", "delete from analytics.project_time where id = $1");
const forgetDayStatement = statement(
  "dashboard.forget-time-day",
  "delete from analytics.project_time_days where id = $1",
);

/** What the channel `dashboard-time:<projectId>` shows, kept by the projection of time and told to whoever watches. */
export class TimeDashboard {
  readonly #ctx: PublicCtx;
  readonly #projectId: string;
  readonly #time: ProjectTimeView | null;
  readonly #days: ReadonlyMap<string, ProjectTimeDayView>;

  private constructor(
    ctx: PublicCtx,
    projectId: string,
    time: ProjectTimeView | null,
    days: readonly ProjectTimeDayView[],
  ) {
    this.#ctx = ctx;
    this.#projectId = projectId;
    this.#time = time;
    this.#days = new Map(days.map((day) => [day.on, day]));
  }

  static async load(ctx: PublicCtx, projectId: string): Promise<TimeDashboard> {
    const [[time], days] = await Promise.all([
      ctx.sql.query<ProjectTimeView>(timeStatement, [projectId]),
      ctx.sql.query<ProjectTimeDayView>(daysStatement, [projectId]),
    ]);
    return new TimeDashboard(ctx, projectId, time ?? null, days);
  }

  /** Some of the project's entries were these, and are those; the table says so by now. */
  async follow(before: readonly EntryFact[], after: readonly EntryFact[]): Promise<void> {
    const organizationId = (after[0] ?? before[0])?.organizationId;
    if (!organizationId) return;
    const none = { id: this.#projectId, organizationId, entries: 0, minutes: 0, billableMinutes: 0 };
    const [old, gone, come] = [this.#time ?? none, sumOf(before), sumOf(after)];
    const time = {
      ...old,
      entries: old.entries - gone.entries + come.entries,
      minutes: old.minutes - gone.minutes + come.minutes,
      billableMinutes: old.billableMinutes - gone.billableMinutes + come.billableMinutes,
    };
    if (time.entries > 0) this.#saveTime(time);
    else this.#endTime();
    // Time is booked for any day, and an old one may come back into the latest: the table knows.
    type Day = Pick<ProjectTimeDayView, "on" | "minutes" | "billableMinutes">;
    const latest = await this.#ctx.sql.query<Day>(latestStatement, [this.#projectId, daysKept]);
    const kept = new Set(latest.map(({ on }) => on));
    for (const day of this.#days.values()) if (!kept.has(day.on)) this.#forgetDay(day);
    for (const day of latest.reverse()) {
      const id = v5(`time ${day.on}`, this.#projectId);
      this.#saveDay({ id, organizationId, projectId: this.#projectId, ...day });
    }
  }

  #saveTime(time: ProjectTimeView): void {
    const { id, organizationId, entries, minutes, billableMinutes } = time;
    write(this.#ctx, saveTimeStatement, [id, organizationId, entries, minutes, billableMinutes]);
    record(this.#ctx, this.#time ? projectTimeMoved : projectTimeBegun, this.#time, time);
  }

  #endTime(): void {
    if (!this.#time) return;
    write(this.#ctx, forgetTimeStatement, [this.#projectId]);
    record(this.#ctx, projectTimeEnded, this.#time, null);
  }

  #saveDay(day: ProjectTimeDayView): void {
    const saved = this.#days.get(day.on) ?? null;
    const { id, organizationId, projectId, on, minutes, billableMinutes } = day;
    if (saved?.minutes === minutes && saved.billableMinutes === billableMinutes) return;
    write(this.#ctx, saveDayStatement, [id, organizationId, projectId, on, minutes, billableMinutes]);
    record(this.#ctx, saved ? projectTimeDayMoved : projectTimeDayBegun, saved, day);
  }

  #forgetDay(day: ProjectTimeDayView): void {
    write(this.#ctx, forgetDayStatement, [day.id]);
    record(this.#ctx, projectTimeDayForgotten, day, null);
  }

  /** The project's time is told from its beginning. */
  clear(): void {
    for (const day of this.#days.values()) this.#forgetDay(day);
    this.#endTime();
  }
}

const sumOf = (entries: readonly EntryFact[]) => ({
  entries: entries.length,
  minutes: entries.reduce((sum, { minutes }) => sum + minutes, 0),
  billableMinutes: entries.reduce((sum, { minutes, billable }) => sum + (billable ? minutes : 0), 0),
});
