import { join } from "node:path";
import { readConfig } from "../../server/config.ts";
import { openApp } from "../../server/open-app.ts";
import { type Sql, sqlOn } from "../../server/platform/sql.ts";
import { generateHistory, writeHistory } from "../../server/testing/history.ts";
import type { Options } from "../harness/options.ts";
import type { PairRow } from "../harness/pair.ts";
import { projectAll } from "../harness/projecting.ts";
import { dataOf, openReader, type Reader, readPair } from "../harness/reads.ts";
import { type SharingRow, sharing } from "../harness/shared-world.ts";
import type { Stack } from "../harness/stack.ts";

interface FigureWorld {
  readonly projectId: string;
  readonly reader: Reader;
  readonly sql: Sql;
  close(): Promise<void>;
}

const historyDays = 1_000;
/** 87 whole weeks within the history. */
const period = { from: "2024-01-01", to: "2025-08-31", timeZone: "UTC" };

/** A figure as ours is asked for it, and as a statement of the same tables says it. */
interface Figure {
  readonly procedure: string;
  readonly what: string;
  readonly input: object;
  /** `$1` the project, `$2` and `$3` the days. */
  readonly text: string;
  /** Ours, in the shape of the statement's rows. */
  rowsOf(answer: never): object[];
}

interface Burn {
  readonly points: readonly ({ from: string } & Record<
    "remaining" | "completed",
    { tasks: number; minutes: number }
  >)[];
}
interface CycleTime {
  readonly completedTasks: number;
  readonly cycleMinutes: Record<"p50" | "p70" | "p85" | "p95", number>;
}

const soFar = (of: string, where: string) => `(sum(b.${of}) filter (where ${where}) over so_far)::int`;

const burnDown: Figure = {
  procedure: "analytics.burnDown",
  what: "burn-down by week",
  input: { ...period, granularity: "week" },
  text: `with moved as (
      select began_at as at, category, 1 as tasks, coalesce(estimate_minutes, 0) as minutes from analytics.spans where project_id = $1
      union all
      select ended_at, category, -1, -coalesce(estimate_minutes, 0) from analytics.spans where project_id = $1
      union all
      select began_at, category, 1, coalesce(estimate_minutes, 0) from analytics.tasks where project_id = $1 and category is not null
    ), by_week as (
      select greatest(date_trunc('week', at at time zone 'UTC')::date, $2::date) as week, category in ('backlog', 'todo', 'in_progress') as open,
        sum(tasks) as tasks, sum(minutes) as minutes
      from moved where at < $3::date + 1 and category <> 'cancelled' group by 1, 2
    )
    select distinct w.monday::date as week,
      ${["tasks", "minutes"].map((of) => `${soFar(of, "b.open")} as "remaining ${of}", ${soFar(of, "not b.open")} as "completed ${of}"`).join(", ")}
    from generate_series($2::date, $3::date, interval '7 days') as w (monday) left join by_week b on b.week = w.monday::date
    window so_far as (order by w.monday) order by week`,
  rowsOf: ({ points }: Burn) =>
    points.map(({ from, remaining, completed }) => ({
      week: from,
      "remaining tasks": remaining.tasks,
      "completed tasks": completed.tasks,
      "remaining minutes": remaining.minutes,
      "completed minutes": completed.minutes,
    })),
};

const cycleTime: Figure = {
  procedure: "analytics.cycleTime",
  what: "cycle times",
  input: period,
  text: `select count(*) as "completedTasks",
      percentile_disc(array[0.5, 0.7, 0.85, 0.95]) within group (order by round(extract(epoch from completed_at - started_at) / 60))::int[] as minutes
    from analytics.tasks where project_id = $1 and not is_deleted
      and completed_at >= $2::date::timestamp at time zone 'UTC' and completed_at < ($3::date + 1)::timestamp at time zone 'UTC'`,
  rowsOf: ({ completedTasks, cycleMinutes: { p50, p70, p85, p95 } }: CycleTime) => [
    { completedTasks, minutes: [p50, p70, p85, p95] },
  ],
};

/** Figures of a project with a long history: made anew beside a bare statement, and out of the cache beside made anew. */
export function figureRows(options: Options): PairRow[] {
  const tasks = options.quick ? 2_000 : 20_000;
  const row = (title: string, enter: SharingRow<FigureWorld>["enter"]): SharingRow<FigureWorld> => ({
    ...{ group: "figure", title, unit: "reads", enter },
  });
  const of = `of ${tasks.toLocaleString("en")} tasks in ${historyDays.toLocaleString("en")} days`;
  return sharing(
    (stack) => openFigureWorld(stack, tasks),
    [
      ...(options.quick ? [burnDown] : [burnDown, cycleTime]).flatMap((figure) => [
        row(`${figure.what} ${of}, made anew, beside a bare statement`, async (world) => anew(world, figure, options)),
        row(`${figure.what} ${of}, cached, beside made anew`, async (world) => cached(world, figure, options)),
      ]),
      row(`dashboard's snapshot ${of}, beside two bare statements`, async (world) => dashboard(world, options)),
    ],
  );
}

const askFor = ({ reader, projectId }: FigureWorld, { procedure, input }: Figure) =>
  reader.ask(procedure, { scope: `project:${projectId}`, ...input });

/** As after a change: the facts have another version, so no entry of the cache is named like that. */
const turnVersion = async ({ sql, projectId }: FigureWorld) => {
  await sql.query("update feed.projections set seq = seq where channel = $1", [`project:${projectId}`]);
};

function anew(world: FigureWorld, figure: Figure, { sliceMs }: Options) {
  const statement = { name: `bench.${figure.procedure}`, text: figure.text };
  const values = [world.projectId, period.from, period.to];
  return readPair(
    sliceMs,
    { read: () => askFor(world, figure), prepare: () => turnVersion(world) },
    { read: () => world.sql.query<object>(statement, values) },
    (own, other) => {
      const found = figure.rowsOf(dataOf<never>(own));
      return JSON.stringify(found) === JSON.stringify(other) && found.length > 0 ? [] : [firstDifference(found, other)];
    },
  );
}

function firstDifference(own: readonly object[], other: readonly object[]): string {
  const at = own.findIndex((row, place) => JSON.stringify(row) !== JSON.stringify(other[place]));
  return `${own.length} rows and ${other.length}; ours ${JSON.stringify(own[at])}, the statement ${JSON.stringify(other[at])}`;
}

const cached = (world: FigureWorld, figure: Figure, { sliceMs }: Options) =>
  readPair(
    sliceMs,
    { read: () => askFor(world, figure) },
    { read: () => askFor(world, figure), prepare: () => turnVersion(world) },
    (own, other) => (own.equals(other) ? [] : ["the cache has another answer"]),
  );

function dashboard({ reader, sql, projectId }: FigureWorld, { sliceMs }: Options) {
  const read = (name: string, text: string) =>
    sql.query<object>({ name: `bench.dashboard-${name}`, text }, [projectId]);
  return readPair(
    sliceMs,
    { read: () => reader.ask("sync.snapshot", { channel: `dashboard:${projectId}` }) },
    {
      read: () =>
        Promise.all([
          read("figures", `select created_tasks as "createdTasks" from analytics.project_figures where id = $1`),
          read("days", "select * from analytics.project_days where project_id = $1"),
        ]),
    },
    (own, [figures, days]) => {
      const { entities } = dataOf<{ entities: Record<"projectFigures" | "projectDay", { createdTasks: number }[]> }>(
        own,
      );
      const found = [entities.projectFigures[0]?.createdTasks, entities.projectDay.length];
      const expected = [(figures[0] as { createdTasks: number }).createdTasks, days.length];
      return JSON.stringify(found) === JSON.stringify(expected) ? [] : [`the snapshot has ${found}, not ${expected}`];
    },
  );
}

/** The facts are made out of the feed by the product's own projection. */
async function openFigureWorld(stack: Stack, tasks: number): Promise<FigureWorld> {
  const side = await stack.openOurs("figures", {});
  const [project] = await side.seed({ projects: 1, lists: [1] });
  const sql = sqlOn(side.pool);
  const [{ organizationId }] = (await sql.query<{ organizationId: string }>(
    `select organization_id as "organizationId" from projects.projects where id = $1`,
    [project!.id],
  )) as [{ organizationId: string }];
  const history = generateHistory({
    ...{ seed: 1, organizationId, projectId: project!.id, tasks, days: historyDays },
    ...{ since: new Date("2023-01-02T00:00:00Z"), people: side.people.slice(0, 20).map(({ userId }) => userId) },
  });
  await writeHistory(sql, `project:${project!.id}`, history);
  const { databaseUrl } = side.settings;
  const config = readConfig({ NODE_ENV: "test", DATABASE_URL: databaseUrl, DATA_DIR: join(stack.dir, "figures") });
  const { app, close } = await openApp(config, databaseUrl);
  await projectAll(app).finally(close);
  await sql.query("vacuum analyze");
  const reader = openReader(side);
  return {
    projectId: project!.id,
    reader,
    sql,
    async close() {
      await reader.close();
      await side.close();
    },
  };
}
