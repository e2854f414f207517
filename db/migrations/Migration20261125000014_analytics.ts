import { Migration } from "@mikro-orm/migrations";

/** Read models: what the feed says, arranged for figures. Nothing here refers to live tables; all of it can be made anew. */
export class Migration20261125000014_analytics extends Migration {
  override up(): void {
    this.addSql(cursors);
    this.addSql("create schema analytics");
    this.addSql(facts);
    this.addSql(spans);
    this.addSql(dashboards);
  }

  override down(): void {
    this.addSql("drop schema analytics cascade");
    this.addSql("drop table feed.projections");
  }
}

const cursors = `
-- How far a projection has read each channel; written in the transaction of what it makes of the changes.
create table feed.projections (
  projection text collate "C" not null,
  channel text collate "C" not null,
  seq bigint not null,
  primary key (projection, channel)
) with (fillfactor = 50);
`;

const facts = `
create table analytics.statuses (
  organization_id uuid not null,
  project_id uuid not null,
  status_id uuid not null,
  name text not null,
  category text not null,
  rank text collate "C" not null,
  is_deleted boolean not null,
  primary key (project_id, status_id)
);

create table analytics.sprints (
  organization_id uuid not null,
  project_id uuid not null,
  sprint_id uuid not null,
  name text not null,
  state text not null,
  starts_on date,
  ends_on date,
  started_at timestamptz,
  closed_at timestamptz,
  is_deleted boolean not null,
  primary key (project_id, sprint_id)
);
create index sprints_id on analytics.sprints (sprint_id);

-- A task as the feed last told of it. While category is not null, the row is also the span that is open since began_at.
create table analytics.tasks (
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  key text not null,
  title text not null,
  status_id uuid not null,
  estimate_minutes int,
  assignee_ids uuid[] not null,
  sprint_id uuid,
  milestone_id uuid,
  due_on date,
  is_archived boolean not null,
  is_deleted boolean not null,
  created_at timestamptz not null,
  started_at timestamptz, -- first entered a status in progress
  completed_at timestamptz, -- last entered a done status, and is still in one
  category text, -- null: counts nowhere (in the trash, or put aside unfinished)
  began_at timestamptz not null,
  began_seq bigint not null,
  primary key (project_id, task_id)
) with (fillfactor = 70);
create index tasks_completed on analytics.tasks (project_id, completed_at) where completed_at is not null;
create index tasks_status on analytics.tasks (project_id, status_id);
create index tasks_assignees on analytics.tasks using gin (assignee_ids);
`;

const spans = `
-- A time in which a task did not change in any way that a figure asks for. Written once, when it ends.
create table analytics.spans (
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  status_id uuid not null,
  category text not null,
  estimate_minutes int,
  assignee_ids uuid[] not null,
  sprint_id uuid,
  milestone_id uuid,
  due_on date,
  began_at timestamptz not null,
  began_seq bigint not null,
  ended_at timestamptz not null,
  primary key (project_id, task_id, began_seq, ended_at),
  check (ended_at >= began_at)
) partition by range (ended_at);
create index spans_ended on analytics.spans (project_id, ended_at);

-- Partitions by year; where TimescaleDB is loaded, its chunks take their place. Either answers the same.
do $$
declare
  since int;
begin
  if current_setting('shared_preload_libraries') like '%timescaledb%'
    and exists (select from pg_available_extensions where name = 'timescaledb')
  then
    create extension if not exists timescaledb;
    create table analytics.plain_spans (like analytics.spans including all);
    drop table analytics.spans;
    alter table analytics.plain_spans rename to spans;
    perform create_hypertable('analytics.spans', 'ended_at', chunk_time_interval => interval '3 months');
  else
    create table analytics.spans_rest partition of analytics.spans default;
    for since in 2024..2040 loop
      execute format('create table analytics.spans_%s partition of analytics.spans for values from (%L) to (%L)',
        since, since || '-01-01 00:00+00', since + 1 || '-01-01 00:00+00');
    end loop;
  end if;
end $$;
`;

const dashboards = `
-- What the channel dashboard:<project> holds: the project as it stands, and its latest days (UTC).
create table analytics.project_figures (
  id uuid not null, -- the project's
  organization_id uuid not null,
  tasks json not null, -- by category
  minutes json not null,
  created_tasks int not null,
  completed_tasks int not null,
  primary key (id, organization_id)
);
create table analytics.project_days (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  "on" date not null,
  tasks json not null, -- by category, at the end of the day
  minutes json not null,
  created_tasks int not null, -- on this day
  completed_tasks int not null,
  reopened_tasks int not null,
  primary key (id, organization_id),
  unique (project_id, "on")
);
`;
