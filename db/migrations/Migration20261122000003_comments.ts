import { Migration } from "@mikro-orm/migrations";

/** What people say about tasks, and how far each of them has read. */
export class Migration20261122000003_comments extends Migration {
  override up(): void {
    this.addSql("create schema comments");
    this.addSql(comments);
    this.addSql(people);
  }

  override down(): void {
    this.addSql("drop schema comments cascade");
  }
}

const comments = `
create table comments.comments (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  thread_id uuid,
  quoted_id uuid,
  internal boolean not null,
  author_id uuid not null references auth.users,
  author_name text not null,
  body text not null,
  html text not null,
  mentioned_user_ids uuid[] not null,
  resolved_at timestamptz,
  resolved_by_id uuid references auth.users,
  pinned_at timestamptz,
  pinned_by_id uuid references auth.users,
  edited_at timestamptz,
  deleted_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  -- Rises strictly within a task, so that it alone orders comments and says how far somebody has read.
  unique (task_id, created_at),
  unique (id, organization_id, task_id, internal),
  check (thread_id <> id),
  check ((resolved_at is null) = (resolved_by_id is null)),
  check (resolved_at is null or thread_id is null),
  check ((pinned_at is null) = (pinned_by_id is null)),
  check (deleted_at is null or (body = '' and html = '' and pinned_at is null)),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade,
  -- A reply is on its thread's task, and hidden from guests if the thread is.
  foreign key (thread_id, organization_id, task_id, internal) references comments.comments (id, organization_id, task_id, internal),
  foreign key (quoted_id, organization_id) references comments.comments (id, organization_id)
);
create index comments_thread on comments.comments (thread_id, created_at) where thread_id is not null;
create index comments_quoted on comments.comments (quoted_id) where quoted_id is not null;

create table comments.reactions (
  place bigint generated always as identity, -- rises in the order in which they came
  organization_id uuid not null,
  comment_id uuid not null,
  emoji text not null check (length(emoji) <= 32),
  user_id uuid not null references auth.users,
  primary key (comment_id, emoji, user_id),
  foreign key (comment_id, organization_id) references comments.comments (id, organization_id) on delete cascade
);

create table comments.attachments (
  organization_id uuid not null,
  comment_id uuid not null,
  file_id uuid not null,
  place int not null,
  primary key (comment_id, file_id),
  foreign key (comment_id, organization_id) references comments.comments (id, organization_id) on delete cascade
);
create index attachments_file on comments.attachments (file_id);
`;

const people = `
-- Whom a comment has ever named; the rows stand in people's own channels, so none may go untold: nothing cascades.
create table comments.mentions (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  comment_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (comment_id, user_id),
  foreign key (comment_id, organization_id) references comments.comments (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
);
create index mentions_user on comments.mentions (user_id);
create index mentions_task on comments.mentions (task_id);

create table comments.read_positions (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  task_id uuid not null,
  user_id uuid not null,
  read_up_to timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (task_id, user_id),
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id),
  foreign key (organization_id, user_id) references organizations.members (organization_id, user_id)
) with (fillfactor = 80);
create index read_positions_user on comments.read_positions (user_id);
`;
