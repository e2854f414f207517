import { type Sql, sqlOn } from "../../server/platform/sql.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow } from "../harness/pair.ts";
import { dataOf, openReader, type Reader, readPair } from "../harness/reads.ts";
import { sharing } from "../harness/shared-world.ts";
import type { Side, Stack } from "../harness/stack.ts";

interface TimeWorld {
  readonly organizationId: string;
  readonly reader: Reader;
  readonly sql: Sql;
  close(): Promise<void>;
}

const [from, to] = ["2025-01-01", "2025-12-31"];
const peopleAtWork = 50;

type Dimension = "person" | "project" | "task" | "week" | "month";

/** What a report is grouped by, and the same of an entry in a statement of one's own. */
const reports: readonly { readonly by: readonly Dimension[]; readonly keys: readonly string[] }[] = [
  { by: ["person", "week"], keys: ["user_id", "date_trunc('week', spent_on)::date"] },
  { by: ["project", "month"], keys: ["project_id", "date_trunc('month', spent_on)::date"] },
  { by: ["task"], keys: ["task_id"] },
];

/** Reports of a year's entries, beside a statement that adds them up. */
export function timeReportRows(options: Options): PairRow[] {
  const entries = options.quick ? 10_000 : 100_000;
  return sharing<TimeWorld>(
    (stack) => openTimeWorld(stack, entries),
    reports.slice(0, options.quick ? 1 : undefined).map(({ by, keys }) => ({
      group: "time-report",
      title: `report of ${entries.toLocaleString("en")} entries by ${by.join(" and ")}, beside a bare sum`,
      unit: "reports",
      enter: async (world) => enter(world, by, keys, options),
    })),
  );
}

interface Sums {
  readonly durationMinutes: number;
  readonly billableMinutes: number;
  readonly entries: number;
}
type Group = { readonly id: string | null } | string;
interface Report {
  readonly rows: readonly (Sums & Partial<Record<Dimension, Group>>)[];
  readonly total: Sums;
}
type BareRow = Sums & { readonly isTotal: boolean; readonly key: string };

/** Neither names nor estimates, and nobody asks who may see it. */
const sumUp = (keys: readonly string[]) => ({
  name: `bench.sum-up ${keys.join()}`,
  text: `select grouping(${keys[0]}) = 1 as "isTotal", concat_ws(' ', ${keys.join(", ")}) as key, sum(duration_minutes) as "durationMinutes",
    coalesce(sum(duration_minutes) filter (where billable), 0) as "billableMinutes", count(*) as entries
  from time.entries where organization_id = $1 and spent_on between $2 and $3 group by grouping sets ((${keys.join(", ")}), ())`,
});

function enter(world: TimeWorld, by: readonly Dimension[], keys: readonly string[], { sliceMs }: Options): Pair {
  const { organizationId, reader, sql } = world;
  const statement = sumUp(keys);
  return readPair(
    sliceMs,
    { read: () => reader.ask("timeReports.get", { organizationId, by, from, to }) },
    { read: () => sql.query<BareRow>(statement, [organizationId, from, to]) },
    (own, other) => differences(dataOf<Report>(own), other, by),
  );
}

const wordsOf = ({ durationMinutes, billableMinutes, entries }: Sums) =>
  `${durationMinutes} minutes, ${billableMinutes} billable, in ${entries} entries`;

/** To the minute, group by group. */
function differences(own: Report, other: readonly BareRow[], by: readonly Dimension[]): string[] {
  const keyOf = (row: Report["rows"][number]) =>
    by
      .map((dimension) => row[dimension])
      .flatMap((group) => (typeof group === "object" ? (group.id ?? []) : (group ?? [])))
      .join(" ");
  const expected = new Map(other.map((row) => [row.isTotal ? "total" : row.key, wordsOf(row)]));
  const found = new Map([["total", wordsOf(own.total)], ...own.rows.map((row) => [keyOf(row), wordsOf(row)] as const)]);
  const wrong = found.size === expected.size ? [] : [`${found.size} groups instead of ${expected.size}`];
  for (const [key, words] of expected)
    if (found.get(key) !== words) wrong.push(`${key} has ${found.get(key)} instead of ${words}`);
  return wrong;
}

/** 50 people, 20 projects, 5,000 tasks (a third with an estimate), a year; a tenth of the entries is on no task. */
async function openTimeWorld(stack: Stack, entries: number): Promise<TimeWorld> {
  const side = await stack.openOurs("time", {});
  const projects = await side.seed({ projects: 20, lists: [125, 125] });
  const organizationId = await fillTime(
    side,
    projects.map(({ id }) => id),
    entries,
  );
  const reader = openReader(side);
  return {
    organizationId,
    reader,
    sql: sqlOn(side.pool),
    async close() {
      await reader.close();
      await side.close();
    },
  };
}

async function fillTime({ pool, people }: Side, projectIds: readonly string[], entries: number): Promise<string> {
  const client = await pool.connect();
  const userIds = people.slice(0, peopleAtWork).map(({ userId }) => userId);
  try {
    const { rows } = await client.query<{ id: string }>("select organization_id as id from projects.projects limit 1");
    const organizationId = rows[0]!.id;
    await client.query("begin");
    await client.query("set local session_replication_role = replica"); // the data is sound: no keys and no days to check
    await client.query(
      "update tasks.tasks set estimate_minutes = 30 * (1 + number % 16) where number % 3 = 0 and project_id = any($1)",
      [projectIds],
    );
    await client.query(
      `insert into time.timesheets (id, organization_id, user_id, starts_on, ends_on, state, comment, project_ids, created_at, updated_at)
      select gen_random_uuid(), $1, person, monday, monday + 6, 'open', '', '{}', now(), now()
      from unnest($2::uuid[]) as person, (select date '2024-12-30' + 7 * week as monday from generate_series(0, 52) as week) as weeks`,
      [organizationId, userIds],
    );
    await client.query("analyze time.timesheets");
    await client.query(
      `with task as (
        select row_number() over (order by id) - 1 as place, count(*) over () as count, id, project_id from tasks.tasks
      ), made as (
        select n, ($2::uuid[])[1 + n % cardinality($2::uuid[])] as user_id, date '2025-01-01' + n * 7919 % 365 as spent_on
        from generate_series(1, $3::int) as n
      )
      insert into time.entries (id, organization_id, project_id, task_id, user_id, timesheet_id, spent_on, duration_minutes, billable, comment,
        exclusive, created_at, updated_at)
      select gen_random_uuid(), $1, task.project_id, case when n % 10 > 0 then task.id end, made.user_id, sheet.id, spent_on, 5 + n * 37 % 115,
        n % 5 > 0, 'What was done, in a few words', false, now(), now()
      from made join task on task.place = n * 31 % task.count
      join time.timesheets sheet on sheet.user_id = made.user_id and spent_on between sheet.starts_on and sheet.ends_on`,
      [organizationId, userIds, entries],
    );
    await client.query("commit");
    await client.query("vacuum analyze time.entries, time.timesheets, tasks.tasks");
    return organizationId;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
