/** What time can be grouped by. */
export const reportDimensions = ["person", "team", "project", "task", "activity", "day", "week", "month"] as const;
export type ReportDimension = (typeof reportDimensions)[number];

interface Dimension {
  /** Of entries `te`. */
  readonly key: string;
  /** Of groups `g`: what the answer shows, and where it comes from. */
  readonly shown: string;
  readonly join?: string;
  readonly order: string;
}

const named = (dimension: ReportDimension, name: string) =>
  `json_build_object('id', g.${dimension}, 'name', ${name}) as ${dimension}`;

/* Fixed texts: no word of a caller becomes part of a statement. `$6` is the weekday on which the caller's weeks begin. */
const dimensions: Record<ReportDimension, Dimension> = {
  person: {
    key: "te.user_id",
    shown: named("person", "person_row.name"),
    join: "left join auth.users person_row on person_row.id = g.person",
    order: "lower(person_row.name), g.person",
  },
  team: {
    key: "team_member.team_id",
    shown: named("team", "team_row.name"),
    join: "left join organizations.teams team_row on team_row.id = g.team",
    order: "lower(team_row.name) nulls last, g.team",
  },
  project: {
    key: "te.project_id",
    shown: named("project", "project_row.name"),
    join: "left join projects.projects project_row on project_row.id = g.project and project_row.id = any($5::uuid[])",
    order: "lower(project_row.name), g.project",
  },
  task: {
    key: "te.task_id",
    shown: named("task", "task_row.key || ' ' || task_row.title"),
    join: "left join tasks.tasks task_row on task_row.id = g.task and task_row.project_id = any($5::uuid[])",
    order: "task_row.project_id, task_row.number nulls last, g.task",
  },
  activity: {
    key: "te.activity_id",
    shown: named("activity", "activity_row.name"),
    join: "left join time.activities activity_row on activity_row.id = g.activity",
    order: "lower(activity_row.name) nulls last, g.activity",
  },
  day: { key: "te.spent_on", shown: "g.day", order: "g.day" },
  week: {
    key: "te.spent_on - (te.spent_on - date '0001-01-01' + 8 - $6::int) % 7", // that day was a Monday; extract is slower
    shown: "g.week",
    order: "g.week",
  },
  month: { key: "te.spent_on - extract(day from te.spent_on)::int + 1", shown: "g.month", order: "g.month" },
};

/** My time and that of projects I manage, of the days and the rest that is asked for. */
const visible = `te.organization_id = $1 and (te.user_id = $2 or te.project_id = any($4::uuid[]))
    and ($6::int is not null) and te.spent_on between $7 and $8
    and ($9::uuid is null or te.project_id = $9) and ($10::uuid is null or te.task_id = $10) and ($11::uuid is null or te.user_id = $11)
    and ($12::uuid is null or te.activity_id = $12) and ($13::boolean is null or te.billable = $13)
    and ($14::uuid is null or te.user_id in (select of_team.user_id from organizations.team_members of_team where of_team.team_id = $14))
    and ($3::int is not null) and ($5::uuid[] is not null)`;

const columns = (by: readonly ReportDimension[], from: (dimension: ReportDimension) => string, end = ", ") =>
  by.map((dimension) => `${from(dimension)}${end}`).join("");
const entries = (by: readonly ReportDimension[]) =>
  `time.entries te${by.includes("team") ? " left join organizations.team_members team_member on team_member.organization_id = te.organization_id and team_member.user_id = te.user_id" : ""}`;
const keys = (by: readonly ReportDimension[]) =>
  columns(by, (dimension) => `${dimensions[dimension].key} as ${dimension}`);
const places = (by: readonly ReportDimension[]) => by.map((_, at) => at + 1).join(", ");
const joins = (by: readonly ReportDimension[]) => by.map((dimension) => dimensions[dimension].join ?? "").join("\n  ");
const shown = (by: readonly ReportDimension[]) => columns(by, (dimension) => dimensions[dimension].shown);

/**
 * How much time, in groups, up to `$3` of them. Time is gathered per task first, so that a task's estimate counts once
 * in each group.
 */
export const timeReportSql = (by: readonly ReportDimension[]): string => {
  const inner = [...by.map((dimension) => `${dimensions[dimension].key} as ${dimension}`), "te.task_id as estimated"];
  return `
with per_task as (
  select ${inner.join(", ")}, sum(te.duration_minutes) as minutes, count(*) as entries,
    coalesce(sum(te.duration_minutes) filter (where te.billable), 0) as billable_minutes
  from ${entries(by)} where ${visible} group by ${inner.map((_, at) => at + 1).join(", ")}
), g as (
  select ${columns(by, (dimension) => `per_task.${dimension}`)}sum(minutes)::bigint as "durationMinutes",
    sum(billable_minutes)::bigint as "billableMinutes", sum(entries)::bigint as entries, sum(t.estimate_minutes)::bigint as "estimateMinutes",
    coalesce(sum(minutes) filter (where t.estimate_minutes is not null), 0)::bigint as "estimatedDurationMinutes"
  from per_task left join tasks.tasks t on t.id = per_task.estimated${by.length > 0 ? ` group by ${places(by)}` : ""}
)
select ${shown(by)}coalesce(g."durationMinutes", 0) as "durationMinutes", coalesce(g."billableMinutes", 0) as "billableMinutes",
  coalesce(g.entries, 0) as entries, g."estimateMinutes", g."estimatedDurationMinutes"
from g ${joins(by)}${by.length > 0 ? ` order by ${by.map((dimension) => dimensions[dimension].order).join(", ")}` : ""} limit $3`;
};

/** Of rates `tq`, the narrowest scope first. */
const scopes = [
  "tq.project_id = work.project_id and tq.user_id = work.user_id",
  "tq.project_id = work.project_id and tq.user_id is null",
  "tq.project_id is null and tq.user_id = work.user_id",
  "tq.project_id is null and tq.user_id is null",
];

/**
 * What billable time is worth, in the same groups and order: each entry by the rate of its day, the narrowest that there
 * is, rounded half up to the minor unit. Between two days on which any rate begins nothing changes, so a rate is looked up
 * once for each person, project and such era, not for each entry.
 */
export const moneyReportSql = (by: readonly ReportDimension[]): string => `
with eras as materialized (
  select array_agg(distinct starts_on order by starts_on) as days from time.rates where organization_id = $1
), booked as materialized (
  select ${keys(by)}te.project_id, te.user_id, width_bucket(te.spent_on, eras.days) as era, te.duration_minutes
  from eras, ${entries(by)} where ${visible} and te.billable and eras.days is not null
), work as (
  select distinct project_id, user_id, era from booked where era > 0
), worth as materialized (
  select work.project_id, work.user_id, work.era, rate.amount, rate.currency
  from work cross join eras cross join lateral (${scopes
    .map(
      (scope, place) => `
    (select ${place} as place, tq.amount_minor_per_hour as amount, tq.currency from time.rates tq
      where tq.organization_id = $1 and ${scope} and tq.starts_on <= eras.days[work.era] order by tq.starts_on desc limit 1)`,
    )
    .join(" union all")}
    order by place limit 1) rate
)
select ${columns(by, (dimension) => `booked.${dimension}`)}worth.currency,
  sum((booked.duration_minutes::bigint * worth.amount + 30) / 60)::bigint as "amountMinor"
from booked join worth using (project_id, user_id, era)
group by ${columns(by, (dimension) => String(by.indexOf(dimension) + 1))}${by.length + 1} order by ${by.length + 1} limit $3`;
