import { Migration } from "@mikro-orm/migrations";

/** What people are told, how they want to be told, and what was sent to them. */
export class Migration20261125000005_notifications extends Migration {
  override up(): void {
    this.addSql("create schema notifications");
    this.addSql(notifications);
    this.addSql(wishes);
    this.addSql(deliveries);
  }

  override down(): void {
    this.addSql("drop index tasks.tasks_due");
    this.addSql("drop schema notifications cascade");
  }
}

const notifications = `
-- These stand in people's own channels, so none may go untold: nothing cascades. No reference to members: who is invited is none yet.
create table notifications.notifications (
  id uuid not null,
  organization_id uuid not null references organizations.organizations,
  project_id uuid,
  task_id uuid,
  comment_id uuid,
  subject_id uuid not null, -- what it is about, and what its acts are gathered by: a task, a project, an invitation …
  user_id uuid not null references auth.users,
  event text not null,
  task_key text,
  title text not null,
  excerpt text,
  details jsonb not null,
  internal boolean not null, -- hidden from guests
  count int not null default 1 check (count > 0),
  actor_ids uuid[] not null,
  actor_names text[] not null,
  in_app boolean not null, -- false: the inbox was not wanted for it, only mail or push
  read_at timestamptz,
  snoozed_until timestamptz,
  archived_at timestamptz,
  gathers_until timestamptz not null, -- more of the same joins it until then, while it is unread
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (archived_at is null or snoozed_until is null),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id)
) with (fillfactor = 80);
-- The inbox of a person, as in their snapshot.
create index notifications_inbox on notifications.notifications (user_id, updated_at, id) where in_app and archived_at is null;
create index notifications_archive on notifications.notifications (user_id, updated_at, id) where in_app and archived_at is not null;
-- What can still gather more; small, since it empties as people read.
create index notifications_gathering on notifications.notifications (subject_id, event) where read_at is null and archived_at is null;
create index notifications_task on notifications.notifications (task_id) where task_id is not null;
create index notifications_project on notifications.notifications (project_id) where project_id is not null;
create index notifications_age on notifications.notifications (coalesce(archived_at, updated_at)) where archived_at is not null or not in_app;
create index notifications_organization on notifications.notifications (organization_id, user_id);
`;

const wishes = `
-- A person's own, whatever the organization.
create table notifications.settings (
  id uuid primary key references auth.users, -- the person
  modes jsonb not null, -- {event: {channel: mode}}
  quiet_from time,
  quiet_to time,
  hold_days_off boolean not null,
  digest_hour int not null check (digest_hour between 0 and 23),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((quiet_from is null) = (quiet_to is null))
);

-- What somebody wants otherwise in one organization, or in one project of it.
create table notifications.preferences (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid,
  user_id uuid not null,
  modes jsonb not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique nulls not distinct (user_id, organization_id, project_id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index preferences_project on notifications.preferences (project_id) where project_id is not null;

-- How much of a project somebody wants to hear; no row: of what they take part in.
create table notifications.watch_levels (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  user_id uuid not null,
  level text not null check (level in ('all', 'participating', 'mentions', 'nothing')),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (project_id, user_id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index watch_levels_user on notifications.watch_levels (user_id);
create index watch_levels_all on notifications.watch_levels (project_id) where level = 'all';

create table notifications.task_mutes (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (task_id, user_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index task_mutes_user on notifications.task_mutes (user_id);
create index task_mutes_project on notifications.task_mutes (project_id);
`;

const deliveries = `
-- One letter or push message, and what became of it. A digest gathers what is due to one person at one moment.
create table notifications.deliveries (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  user_id uuid not null references auth.users,
  channel text not null check (channel in ('mail', 'push')),
  digest boolean not null,
  due_at timestamptz not null,
  state text not null default 'pending' check (state in ('pending', 'queued', 'sent', 'skipped', 'failed')),
  detail text,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (id, organization_id),
  check ((finished_at is null) = (state in ('pending', 'queued')))
);
create unique index deliveries_digest on notifications.deliveries (user_id, organization_id, channel, due_at) where digest and state = 'pending';
create index deliveries_due on notifications.deliveries (due_at) where state = 'pending';
create index deliveries_age on notifications.deliveries (finished_at) where finished_at is not null;

-- Each notification is in one delivery per channel, and in another one each time it comes back from snoozing.
create table notifications.delivery_items (
  organization_id uuid not null,
  notification_id uuid not null,
  channel text not null,
  round int not null,
  delivery_id uuid not null,
  primary key (notification_id, channel, round),
  foreign key (notification_id, organization_id) references notifications.notifications (id, organization_id) on delete cascade,
  foreign key (delivery_id, organization_id) references notifications.deliveries (id, organization_id) on delete cascade
);
create index delivery_items_delivery on notifications.delivery_items (delivery_id);

-- Whom a date was brought to mind already; another date is told again.
create table notifications.due_told (
  organization_id uuid not null,
  task_id uuid not null,
  user_id uuid not null references auth.users,
  event text not null,
  due_on date not null,
  told_at timestamptz not null,
  primary key (task_id, user_id, event, due_on),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index due_told_age on notifications.due_told (due_on);
create index tasks_due on tasks.tasks (due_on) where due_on is not null and completed_at is null and deleted_at is null and archived_at is null;
`;
