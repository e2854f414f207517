import { Migration } from "@mikro-orm/migrations";

/** Tasks that come again, reminders, and saved views of lists. */
export class Migration20261125000011_recurrence extends Migration {
  override up(): void {
    this.addSql(recurrences);
    this.addSql(reminders);
    this.addSql(views);
  }

  override down(): void {
    for (const table of ["views", "reminders", "occurrences", "recurrences"]) this.addSql(`drop table tasks.${table}`);
    this.addSql("drop trigger follow_due_day on tasks.tasks");
    this.addSql("drop function tasks.set_reminder(), tasks.follow_due_day()");
  }
}

const recurrences = `
create table tasks.recurrences (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  rule text not null,
  starts_at text not null check (starts_at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$'), -- local time
  time_zone text not null,
  due_in_days int not null check (due_in_days >= 0),
  with_subtasks boolean not null,
  state text not null check (state in ('active', 'paused', 'ended')),
  problem text, -- why it was paused, if not by a person
  next_at timestamptz,
  occurrence_count int not null default 0,
  created_by_id uuid not null references auth.users,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check ((next_at is not null) = (state = 'active')),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index recurrences_task on tasks.recurrences (task_id);
create index recurrences_project on tasks.recurrences (project_id);
create index recurrences_due on tasks.recurrences (next_at) where state = 'active';

-- Each occurrence once, whoever makes it and however often it is tried.
create table tasks.occurrences (
  organization_id uuid not null,
  recurrence_id uuid not null,
  occurs_at timestamptz not null,
  task_id uuid not null,
  primary key (recurrence_id, occurs_at),
  foreign key (recurrence_id, organization_id) references tasks.recurrences (id, organization_id) on delete cascade,
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index occurrences_task on tasks.occurrences (task_id);
`;

const reminders = `
create table tasks.reminders (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  user_id uuid not null,
  at timestamptz, -- absolute
  days_before int check (days_before between 0 and 365), -- or relative to the due day of the task
  time_of_day text check (time_of_day ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  time_zone text,
  state text not null check (state in ('waiting', 'told', 'missed')),
  remind_at timestamptz, -- follows the due day; null: never, while the task has none
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (num_nonnulls(at, days_before) = 1),
  check (num_nonnulls(days_before, time_of_day, time_zone) in (0, 3)),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index reminders_task on tasks.reminders (task_id);
create index reminders_user on tasks.reminders (user_id);
create index reminders_due on tasks.reminders (remind_at) where state = 'waiting';

create function tasks.set_reminder() returns trigger language plpgsql as $$
begin
  new.remind_at := coalesce(new.at, (
    select ((t.due_on - new.days_before) + new.time_of_day::time) at time zone new.time_zone
    from tasks.tasks t where t.id = new.task_id));
  return new;
end $$;
create trigger set_reminder before insert on tasks.reminders for each row execute function tasks.set_reminder();

-- Only where the day changes, and only the hidden column: what people see of a reminder stays.
create function tasks.follow_due_day() returns trigger language plpgsql as $$
begin
  update tasks.reminders r
  set remind_at = ((new.due_on - r.days_before) + r.time_of_day::time) at time zone r.time_zone
  where r.task_id = new.id and r.days_before is not null and r.state = 'waiting';
  return null;
end $$;
create trigger follow_due_day after update on tasks.tasks
  for each row when (old.due_on is distinct from new.due_on) execute function tasks.follow_due_day();
`;

const views = `
create table tasks.views (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  owner_id uuid, -- null: who shared it has left
  name text not null,
  is_shared boolean not null,
  layout text not null check (layout in ('list', 'board', 'calendar', 'timeline')),
  filter json not null,
  sort text not null,
  sort_field_id uuid,
  sort_order text not null check (sort_order in ('asc', 'desc')),
  group_by text,
  columns text[] not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (is_shared or owner_id is not null),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (organization_id, owner_id) references organizations.members (organization_id, user_id)
);
create index views_project on tasks.views (project_id);
create index views_owner on tasks.views (owner_id);
`;
