import { Migration } from "@mikro-orm/migrations";

/** Timers, time entries, the sheets they stand in, and what they are worth. */
export class Migration20261125000013_time extends Migration {
  override up(): void {
    this.addSql("create extension if not exists btree_gist");
    this.addSql("create schema time");
    this.addSql(rules);
    this.addSql(sheets);
    this.addSql(entries);
    this.addSql(timers);
    this.addSql(rates);
    this.addSql(guards);
  }

  override down(): void {
    this.addSql("drop schema time cascade");
  }
}

const rules = `
-- Absent until an organization changes a default.
create table time.settings (
  id uuid not null check (id = organization_id),
  organization_id uuid not null references organizations.organizations on delete cascade,
  overlap text not null check (overlap in ('allowed', 'refused')),
  rounding text not null check (rounding in ('up', 'nearest', 'down')),
  rounding_minutes int not null check (rounding_minutes between 1 and 60),
  own_approval boolean not null,
  lock_after_days int check (lock_after_days between 0 and 365),
  closed_until date,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id)
);

create table time.activities (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  name text not null,
  billable boolean not null,
  archived_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id)
);
create unique index activities_name on time.activities (organization_id, lower(name));
`;

const sheets = `
-- People, not members: what somebody has worked stays when they leave.
create table time.timesheets (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  user_id uuid not null references auth.users,
  starts_on date not null,
  ends_on date not null,
  state text not null check (state in ('open', 'submitted', 'approved', 'returned', 'locked')),
  comment text not null,
  submitted_at timestamptz,
  decided_at timestamptz,
  decided_by_id uuid references auth.users,
  locked_at timestamptz,
  -- Of its projects, those whose managers were shown it.
  project_ids uuid[] not null,
  -- Stands in the person's own channel: until they leave the organization.
  held boolean not null default true,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (id, organization_id, user_id),
  check (ends_on between starts_on and starts_on + 6),
  check ((state = 'locked') = (locked_at is not null)),
  -- A week that somebody begins on another day from now on gives way to the sheets that are there.
  constraint timesheets_days exclude using gist
    (organization_id with =, user_id with =, daterange(starts_on, ends_on, '[]') with &&)
);
create index timesheets_user on time.timesheets (user_id, starts_on);
create index timesheets_unlocked on time.timesheets (organization_id, ends_on) where state <> 'locked';
create index timesheets_projects on time.timesheets using gin (project_ids) where state <> 'locked';
`;

const entries = `
create table time.entries (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid,
  user_id uuid not null,
  timesheet_id uuid not null,
  spent_on date not null,
  started_at timestamptz,
  ended_at timestamptz,
  duration_minutes int not null check (duration_minutes between 1 and 1440),
  activity_id uuid,
  billable boolean not null,
  comment text not null,
  -- Was made where overlaps are refused.
  exclusive boolean not null,
  -- Its sheet is locked: it left the project's channel.
  settled boolean not null default false,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check ((started_at is null) = (ended_at is null)),
  check (started_at < ended_at),
  -- Nothing cascades: what stands in channels goes only when they are told.
  foreign key (project_id, organization_id) references projects.projects (id, organization_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id),
  foreign key (timesheet_id, organization_id, user_id) references time.timesheets (id, organization_id, user_id),
  constraint entries_activity foreign key (activity_id, organization_id) references time.activities (id, organization_id),
  constraint entries_overlap exclude using gist
    (organization_id with =, user_id with =, tstzrange(started_at, ended_at) with &&) where (exclusive and started_at is not null)
);
create index entries_day on time.entries (organization_id, spent_on);
create index entries_timesheet on time.entries (timesheet_id);
create index entries_project on time.entries (project_id, spent_on);
create index entries_unsettled on time.entries (project_id) where not settled;
create index entries_task on time.entries (task_id) where task_id is not null;
create index entries_activity on time.entries (activity_id) where activity_id is not null;
create index entries_user on time.entries (user_id, spent_on);
`;

const timers = `
create table time.timers (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid,
  user_id uuid not null,
  started_at timestamptz not null,
  activity_id uuid,
  billable boolean not null,
  comment text not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  -- Nobody does two things at once, whatever the organization.
  constraint timers_one unique (user_id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id),
  foreign key (activity_id, organization_id) references time.activities (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index timers_project on time.timers (project_id);
create index timers_task on time.timers (task_id) where task_id is not null;
`;

const rates = `
-- In force from a day on until the next one of the same scope.
create table time.rates (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  project_id uuid,
  user_id uuid references auth.users,
  starts_on date not null,
  amount_minor_per_hour int not null check (amount_minor_per_hour between 0 and 1000000000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  constraint rates_scope unique nulls not distinct (organization_id, project_id, user_id, starts_on),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id)
);
create index rates_project on time.rates (project_id) where project_id is not null;
`;

const guards = `
-- The last word on closed time, whichever way a change comes. It waits for whoever closes meanwhile, and sees what they
-- did: each statement of a function looks anew. Only the end of a whole organization passes.
create function time.require_open(organization uuid, sheet uuid, day date) returns void language plpgsql as $$
declare
  its "time".timesheets; -- quoted: time is a type, too
  closed date;
begin
  if current_setting('taskwire.erased_organization', true) = organization::text then return; end if;
  perform from organizations.organizations o where o.id = organization for share;
  select s.closed_until into closed from time.settings s where s.organization_id = organization;
  if sheet is not null then
    select t.* into its from time.timesheets t
      where t.id = sheet and t.organization_id = organization for share;
    if day not between its.starts_on and its.ends_on then
      raise exception 'A sheet holds its own days' using errcode = 'check_violation', constraint = 'entries_sheet';
    end if;
  end if;
  if day <= closed or its.state in ('submitted', 'approved', 'locked') then
    raise exception 'This time is closed' using errcode = 'check_violation', constraint = 'time_closed';
  end if;
end $$;

create function time.guard_entry() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.settled is distinct from new.settled
    and to_jsonb(old) - 'settled' = to_jsonb(new) - 'settled' then return new; end if;
  if tg_op <> 'INSERT' then perform time.require_open(old.organization_id, old.timesheet_id, old.spent_on); end if;
  if tg_op = 'DELETE' then return old; end if;
  perform time.require_open(new.organization_id, new.timesheet_id, new.spent_on);
  return new;
end $$;
create trigger guard before insert or update or delete on time.entries for each row execute function time.guard_entry();

-- What closed time is worth does not change either.
create function time.guard_rate() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform time.require_open(old.organization_id, null, old.starts_on); end if;
  if tg_op = 'DELETE' then return old; end if;
  perform time.require_open(new.organization_id, null, new.starts_on);
  return new;
end $$;
create trigger guard before insert or update or delete on time.rates for each row execute function time.guard_rate();

create function time.guard_sheet() returns trigger language plpgsql as $$
begin
  if current_setting('taskwire.erased_organization', true) = old.organization_id::text then return coalesce(new, old); end if;
  if tg_op = 'DELETE' or old.state = 'locked' and (old.state, old.starts_on, old.ends_on, old.user_id, old.locked_at, old.comment)
    is distinct from (new.state, new.starts_on, new.ends_on, new.user_id, new.locked_at, new.comment) then
    raise exception 'This time is closed' using errcode = 'check_violation', constraint = 'time_closed';
  end if;
  return new;
end $$;
create trigger guard before update or delete on time.timesheets for each row execute function time.guard_sheet();

create function time.guard_settings() returns trigger language plpgsql as $$
begin
  if current_setting('taskwire.erased_organization', true) = old.organization_id::text then return coalesce(new, old); end if;
  if tg_op = 'DELETE' or coalesce(new.closed_until, '-infinity') < coalesce(old.closed_until, '-infinity') then
    raise exception 'What is closed stays closed' using errcode = 'check_violation', constraint = 'time_closed';
  end if;
  return new;
end $$;
create trigger guard before update or delete on time.settings for each row execute function time.guard_settings();
`;
