import { Migration } from "@mikro-orm/migrations";

/**
 * The live core: the feed, accounts, organizations, projects and tasks.
 *
 * Every tenant row's key is (id, organization_id): one index serves look-ups by id and the composite foreign keys
 * that make a link across tenants impossible.
 */
export class Migration20261122000001_live_core extends Migration {
  override up(): void {
    this.addSql(`create extension if not exists pg_trgm`);
    for (const schema of ["feed", "auth", "organizations", "projects", "tasks"]) this.addSql(`create schema ${schema}`);
    this.addSql(feed);
    this.addSql(auth);
    this.addSql(organizations);
    this.addSql(projects);
    this.addSql(tasks);
  }

  override down(): void {
    for (const schema of ["tasks", "projects", "organizations", "auth", "feed"]) {
      this.addSql(`drop schema ${schema} cascade`);
    }
  }
}

const feed = `
create table feed.life (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null default gen_random_uuid(),
  began_at timestamptz not null default now()
);
insert into feed.life default values;

create table feed.heads (
  channel text collate "C" primary key,
  seq bigint not null,
  floor bigint not null default 0 -- changes up to here were removed by retention
) with (fillfactor = 50);

create table feed.changes (
  channel text collate "C" not null,
  seq bigint not null,
  id uuid not null,
  at timestamptz not null,
  actor_id uuid,
  type text not null,
  entity text not null,
  op text not null check (op in ('create', 'update', 'delete')),
  entity_id uuid not null,
  patch json not null,
  before json,
  revokes uuid[],
  mutation_id uuid,
  primary key (channel, seq)
);
create index changes_history on feed.changes (entity_id, seq);

create table feed.mutations (
  actor_id uuid not null,
  mutation_id uuid not null,
  request_hash text not null,
  result json,
  at timestamptz not null default now(),
  primary key (actor_id, mutation_id)
);
create index mutations_at on feed.mutations using brin (at);
`;

const auth = `
create table auth.users (
  id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  disabled_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table auth.sessions (
  token_hash text collate "C" primary key,
  id uuid not null unique,
  user_id uuid not null references auth.users on delete cascade,
  expires_at timestamptz not null,
  ip text not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null
);
create index sessions_user on auth.sessions (user_id);
create index sessions_expiry on auth.sessions (expires_at);

-- A refresh token is used once; its successor is derived from it and 'salt', so that within the grace
-- the same client's parallel refreshes get the same new pair although only hashes are stored. Without the
-- salt, whoever once saw a token could compute all that follow.
create table auth.refresh_tokens (
  token_hash text collate "C" primary key,
  session_id uuid not null references auth.sessions (id) on delete cascade,
  issued_at timestamptz not null,
  used_at timestamptz,
  salt text,
  successor_hash text collate "C",
  check (num_nonnulls(used_at, salt, successor_hash) in (0, 3))
);
create index refresh_tokens_session on auth.refresh_tokens (session_id);
`;

const organizations = `
create table organizations.organizations (
  id uuid primary key,
  name text not null,
  slug text not null unique,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table organizations.members (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  user_id uuid not null references auth.users,
  role text not null check (role in ('owner', 'admin', 'member', 'guest')),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, user_id)
);
create index members_user on organizations.members (user_id, organization_id) include (role);

create table organizations.invitations (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  email text not null check (email = lower(email)),
  role text not null check (role in ('admin', 'member', 'guest')),
  token_hash text collate "C" not null unique,
  -- The token is derived from this and a secret of the server, so that an admin can ask for it again.
  token_salt text not null,
  invited_by_id uuid not null references auth.users,
  expires_at timestamptz not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, email)
);

create table organizations.teams (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  name text not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id)
);
create unique index teams_name on organizations.teams (organization_id, lower(name));

create table organizations.team_members (
  id uuid not null,
  organization_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (team_id, user_id),
  foreign key (team_id, organization_id) references organizations.teams (id, organization_id) on delete cascade,
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id) on delete cascade
);
create index team_members_user on organizations.team_members (user_id, team_id);
`;

const projects = `
create table projects.projects (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  name text not null,
  key text not null check (key ~ '^[A-Z][A-Z0-9]{1,9}$'),
  description text not null,
  visibility text not null check (visibility in ('private', 'organization')),
  archived_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, key)
);

create table projects.project_members (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  user_id uuid,
  team_id uuid,
  role text not null check (role in ('manager', 'editor', 'commenter', 'viewer')),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (num_nonnulls(user_id, team_id) = 1),
  unique (project_id, user_id),
  unique (project_id, team_id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id) on delete cascade,
  foreign key (team_id, organization_id) references organizations.teams (id, organization_id) on delete cascade
);
create index project_members_user on projects.project_members (user_id, project_id);
create index project_members_team on projects.project_members (team_id, project_id);

create table projects.statuses (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  category text not null check (category in ('backlog', 'todo', 'in_progress', 'done', 'cancelled')),
  rank text collate "C" not null,
  wip_limit int check (wip_limit > 0),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, project_id, id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create unique index statuses_name on projects.statuses (project_id, lower(name));

create table projects.labels (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  color text not null check (color ~ '^#[0-9a-f]{6}$'),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, project_id, id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create unique index labels_name on projects.labels (project_id, lower(name));
`;

const tasks = `
-- The last number given out per project; its row lock makes numbers dense.
create table tasks.counters (
  project_id uuid primary key,
  organization_id uuid not null,
  last_number int not null default 0,
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
) with (fillfactor = 50);

create table tasks.tasks (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  number int not null,
  key text not null,
  title text not null,
  description text not null,
  status_id uuid not null,
  rank text collate "C" not null check (length(rank) <= 64),
  priority text not null check (priority in ('none', 'low', 'medium', 'high', 'urgent')),
  parent_id uuid,
  start_on date,
  due_on date,
  estimate_minutes int check (estimate_minutes >= 0),
  completed_at timestamptz,
  archived_at timestamptz,
  deleted_at timestamptz,
  created_by_id uuid not null references auth.users,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (project_id, number),
  check (start_on <= due_on),
  check (parent_id <> id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (organization_id, project_id, status_id) references projects.statuses (organization_id, project_id, id),
  foreign key (parent_id, organization_id) references tasks.tasks (id, organization_id)
) with (fillfactor = 80);
create index tasks_board on tasks.tasks (status_id, rank, id) where deleted_at is null;
create index tasks_parent on tasks.tasks (parent_id) where parent_id is not null;

-- Apart from the task, so that moving a task writes no search index.
create table tasks.search (
  task_id uuid primary key,
  organization_id uuid not null,
  project_id uuid not null,
  title text not null,
  document tsvector not null,
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index search_document on tasks.search using gin (document);
create index search_title on tasks.search using gin (title gin_trgm_ops);
create index search_project on tasks.search (project_id);

create function tasks.index_for_search() returns trigger language plpgsql as $$
begin
  insert into tasks.search (task_id, organization_id, project_id, title, document)
  values (new.id, new.organization_id, new.project_id, new.key || ' ' || new.title,
    setweight(to_tsvector('simple', new.key || ' ' || new.title), 'A')
    || setweight(to_tsvector('english', new.title), 'B')
    || setweight(to_tsvector('english', left(new.description, 100000)), 'C'))
  on conflict (task_id) do update set title = excluded.title, document = excluded.document;
  return null;
end $$;
create trigger index_new_task after insert on tasks.tasks
  for each row execute function tasks.index_for_search();
create trigger index_changed_task after update on tasks.tasks
  for each row when (old.title <> new.title or old.description <> new.description or old.key <> new.key)
  execute function tasks.index_for_search();

create table tasks.task_assignees (
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (task_id, user_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index task_assignees_user on tasks.task_assignees (user_id, project_id);
create index task_assignees_project on tasks.task_assignees (project_id);

create table tasks.task_labels (
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  label_id uuid not null,
  primary key (task_id, label_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  foreign key (organization_id, project_id, label_id) references projects.labels (organization_id, project_id, id)
);
create index task_labels_label on tasks.task_labels (label_id);
create index task_labels_project on tasks.task_labels (project_id);

create table tasks.task_links (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  blocker_id uuid not null,
  blocked_id uuid not null,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (blocker_id, blocked_id),
  check (blocker_id <> blocked_id),
  foreign key (blocker_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  foreign key (blocked_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index task_links_blocked on tasks.task_links (blocked_id);
create index task_links_project on tasks.task_links (project_id);

create table tasks.watches (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (task_id, user_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index watches_user on tasks.watches (user_id);
`;
