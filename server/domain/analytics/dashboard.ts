import { v5 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import {
  projectDayBegun,
  projectDayForgotten,
  projectDayMoved,
  projectFiguresBegun,
  projectFiguresEnded,
  projectFiguresMoved,
} from "./analytics.events.ts";
import {
  type ProjectDayView,
  type ProjectFiguresView,
  projectDayColumns,
  projectFiguresColumns,
} from "./dashboard.view.ts";
import type { TaskFact } from "./facts.ts";

/** Days on which something happened, per project. */
const daysKept = 90;

const figuresStatement = statement(
  "dashboard.figures",
  `select ${projectFiguresColumns} from analytics.project_figures pf where pf.id = $1`,
);
const lastDaysStatement = statement(
  "dashboard.last-days",
  `select ${projectDayColumns} from analytics.project_days pd where pd.project_id = $1 order by pd."on" desc limit $2`,
);
const saveFiguresStatement = statement(
  "dashboard.save-figures",
  `insert into analytics.project_figures (id, organization_id, tasks, minutes, created_tasks, completed_tasks)
  values ($1, $2, $3::json, $4::json, $5, $6)
  on conflict (id, organization_id) do update set tasks = excluded.tasks, minutes = excluded.minutes,
    created_tasks = excluded.created_tasks, completed_tasks = excluded.completed_tasks`,
);
const saveDayStatement = statement(
  "dashboard.save-day",
  `insert into analytics.project_days
    (id, organization_id, project_id, "on", tasks, minutes, created_tasks, completed_tasks, reopened_tasks)
  values ($1, $2, $3, $4, $5::json, $6::json, $7, $8, $9)
  on conflict (id, organization_id) do update set tasks = excluded.tasks, minutes = excluded.minutes,
    created_tasks = excluded.created_tasks, completed_tasks = excluded.completed_tasks, reopened_tasks = excluded.reopened_tasks`,
);
const forgetDayStatement = statement("dashboard.forget-day", "delete from analytics.project_days where id = $1");
const clearStatements = [
  statement("dashboard.clear-figures", "delete from analytics.project_figures where id = $1"),
  statement("dashboard.clear-days", "delete from analytics.project_days where project_id = $1"),
];

/** What the channel `dashboard:<projectId>` shows, kept by the projection and told to whoever watches. */
export class Dashboard {
  readonly #ctx: PublicCtx;
  readonly #projectId: string;
  #saved: ProjectFiguresView | null;
  #figures: ProjectFiguresView | null;
  readonly #savedDays: ReadonlyMap<string, ProjectDayView>;
  readonly #days: Map<string, ProjectDayView>;

  private constructor(
    ctx: PublicCtx,
    projectId: string,
    figures: ProjectFiguresView | null,
    days: readonly ProjectDayView[],
  ) {
    this.#ctx = ctx;
    this.#projectId = projectId;
    this.#saved = figures;
    this.#figures = figures;
    this.#savedDays = new Map(days.map((day) => [day.on, day]));
    this.#days = new Map(this.#savedDays);
  }

  static async load(ctx: PublicCtx, projectId: string): Promise<Dashboard> {
    const [[figures], days] = await Promise.all([
      ctx.sql.query<ProjectFiguresView>(figuresStatement, [projectId]),
      ctx.sql.query<ProjectDayView>(lastDaysStatement, [projectId, daysKept]),
    ]);
    return new Dashboard(ctx, projectId, figures ?? null, days);
  }

  /** A task stands differently since `at`. */
  move(at: string, before: TaskFact | null, after: TaskFact): void {
    const { organizationId, projectId } = after;
    const now = this.#figures ?? {
      ...{ id: projectId, organizationId, tasks: zero(), minutes: zero(), createdTasks: 0, completedTasks: 0 },
    };
    const tasks = { ...now.tasks };
    const minutes = { ...now.minutes };
    for (const [task, sign] of [[before, -1] as const, [after, 1] as const]) {
      if (!task?.category) continue;
      tasks[task.category] += sign;
      minutes[task.category] += sign * (task.estimateMinutes ?? 0);
    }
    const created = before ? 0 : 1;
    const completed = Number(isComplete(after)) - Number(isComplete(before));
    this.#figures = {
      ...{ ...now, tasks, minutes },
      createdTasks: now.createdTasks + created,
      completedTasks: now.completedTasks + completed,
    };
    const on = at.slice(0, 10);
    const day = this.#days.get(on);
    this.#days.set(on, {
      ...{ id: day?.id ?? v5(on, projectId), organizationId, projectId, on, tasks, minutes },
      createdTasks: (day?.createdTasks ?? 0) + created,
      completedTasks: (day?.completedTasks ?? 0) + Math.max(0, completed),
      reopenedTasks: (day?.reopenedTasks ?? 0) + Math.max(0, -completed),
    });
  }

  /** Writes and tells what moved. */
  save(): void {
    const figures = this.#figures;
    if (figures && figures !== this.#saved) {
      const { id, organizationId, tasks, minutes, createdTasks, completedTasks } = figures;
      const counts = [JSON.stringify(tasks), JSON.stringify(minutes), createdTasks, completedTasks];
      write(this.#ctx, saveFiguresStatement, [id, organizationId, ...counts]);
      record(this.#ctx, this.#saved ? projectFiguresMoved : projectFiguresBegun, this.#saved, figures);
      this.#saved = figures;
    }
    const kept = [...this.#days.values()].sort((a, b) => (a.on < b.on ? 1 : -1));
    const oldest = kept[daysKept - 1]?.on ?? "";
    for (const day of kept.reverse()) {
      const saved = this.#savedDays.get(day.on) ?? null;
      if (day.on < oldest) {
        if (saved) this.#forget(saved);
      } else if (day !== saved) this.#saveDay(saved, day);
    }
  }

  #saveDay(saved: ProjectDayView | null, day: ProjectDayView): void {
    const { id, organizationId, projectId, on, tasks, minutes, createdTasks, completedTasks, reopenedTasks } = day;
    const counts = [JSON.stringify(tasks), JSON.stringify(minutes), createdTasks, completedTasks, reopenedTasks];
    write(this.#ctx, saveDayStatement, [id, organizationId, projectId, on, ...counts]);
    record(this.#ctx, saved ? projectDayMoved : projectDayBegun, saved, day);
  }

  #forget(day: ProjectDayView): void {
    write(this.#ctx, forgetDayStatement, [day.id]);
    record(this.#ctx, projectDayForgotten, day, null);
  }

  /** The project is gone, or is told from its beginning. */
  async clear(): Promise<void> {
    for (const day of this.#savedDays.values()) record(this.#ctx, projectDayForgotten, day, null);
    if (this.#saved) record(this.#ctx, projectFiguresEnded, this.#saved, null);
    await Promise.all(clearStatements.map((clear) => this.#ctx.sql.query(clear, [this.#projectId])));
  }
}

const zero = () => ({ backlog: 0, todo: 0, in_progress: 0, done: 0, cancelled: 0 });
const isComplete = (task: TaskFact | null) => task?.category === "done";
