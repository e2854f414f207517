import { Migration } from "@mikro-orm/migrations";

/** Booked time as the feed tells of it, arranged for figures, and what the channel `dashboard-time:<project>` holds. */
export class Migration20261125000017_time_spent extends Migration {
  override up(): void {
    this.addSql(entries);
    this.addSql(dashboards);
  }

  override down(): void {
    this.addSql("drop table analytics.project_time_days, analytics.project_time, analytics.time_entries");
  }
}

const entries = `
-- Time that is booked now; what was deleted or moved to another project is not here.
create table analytics.time_entries (
  organization_id uuid not null,
  project_id uuid not null,
  entry_id uuid not null,
  task_id uuid,
  user_id uuid not null,
  spent_on date not null, -- where the person is
  minutes int not null,
  billable boolean not null,
  primary key (project_id, entry_id)
);
create index time_entries_day on analytics.time_entries (project_id, spent_on);
create index time_entries_task on analytics.time_entries (project_id, task_id);
`;

const dashboards = `
-- There while the project has time.
create table analytics.project_time (
  id uuid not null, -- the project's
  organization_id uuid not null,
  entries int not null,
  minutes bigint not null,
  billable_minutes bigint not null,
  primary key (id, organization_id)
);
-- The latest days that have time.
create table analytics.project_time_days (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  "on" date not null,
  minutes bigint not null,
  billable_minutes bigint not null,
  primary key (id, organization_id),
  unique (project_id, "on")
);
`;
