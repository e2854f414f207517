import { Migration } from "@mikro-orm/migrations";

/**
 * Files: names and versions for people, blobs for the bytes that versions share, uploads on their way, and what is left
 * to be removed from the store.
 */
export class Migration20261122000004_files extends Migration {
  override up(): void {
    this.addSql("create schema files");
    this.addSql(tables);
    this.addSql(accounting);
    this.addSql(leftovers);
  }

  override down(): void {
    this.addSql("drop schema files cascade");
  }
}

const tables = `
-- Bytes in the store, never changed. Versions refer to them, several to the same ones after a copy or a restore.
create table files.blobs (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  object_key text collate "C" not null unique,
  size_bytes bigint not null check (size_bytes >= 0),
  sha256 text collate "C" not null check (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text not null,
  state text not null check (state in ('inspecting', 'ready', 'locked')),
  finding text,
  has_thumbnail boolean not null default false,
  created_at timestamptz not null,
  primary key (id, organization_id)
);
create index blobs_organization on files.blobs (organization_id);

create table files.files (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  project_id uuid,
  task_id uuid,
  internal boolean not null default false,
  name text not null check (name <> '' and octet_length(name) <= 255),
  version_number int not null,
  created_by_id uuid not null references auth.users,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (task_id is null or project_id is not null),
  check (not internal or task_id is not null),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index files_project on files.files (project_id, id) where project_id is not null;
create index files_task on files.files (task_id, id) where task_id is not null;
create index files_organization on files.files (organization_id, id) where project_id is null;

create table files.versions (
  id uuid not null,
  organization_id uuid not null,
  file_id uuid not null,
  number int not null check (number > 0),
  blob_id uuid not null,
  created_by_id uuid not null references auth.users,
  created_at timestamptz not null,
  primary key (id, organization_id),
  unique (file_id, number),
  foreign key (file_id, organization_id) references files.files (id, organization_id) on delete cascade,
  foreign key (blob_id, organization_id) references files.blobs (id, organization_id)
);
create index versions_blob on files.versions (blob_id);

-- Space that is promised to bytes on their way. What is not completed in time is collected.
create table files.uploads (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  project_id uuid,
  task_id uuid,
  internal boolean not null default false,
  file_id uuid,
  name text not null,
  object_key text collate "C" not null unique,
  size_bytes bigint not null check (size_bytes >= 0),
  sha256 text,
  parts_id text,
  part_size_bytes bigint,
  joining_until timestamptz, -- one call at a time makes the parts an object
  completed_file_id uuid,
  created_by_id uuid not null references auth.users,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (id, organization_id)
);
create index uploads_organization on files.uploads (organization_id);
create index uploads_expiry on files.uploads (expires_at);

create table files.share_links (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid,
  file_id uuid not null,
  token_hash text collate "C" not null unique,
  password_hash text,
  download_limit int check (download_limit > 0),
  downloads int not null default 0 check (downloads <= download_limit),
  created_by_id uuid not null references auth.users,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (id, organization_id),
  foreign key (file_id, organization_id) references files.files (id, organization_id) on delete cascade
);
create index share_links_file on files.share_links (file_id);
`;

const accounting = `
-- What an organization's files take, uploads on their way included. The row's lock lets quotas be decided one by one.
create table files.usage (
  organization_id uuid primary key references organizations.organizations on delete cascade,
  used_bytes bigint not null check (used_bytes >= 0)
) with (fillfactor = 50);

create function files.count_bytes() returns trigger language plpgsql as $$
declare
  organization uuid := case when tg_op = 'DELETE' then old.organization_id else new.organization_id end;
  added bigint := 0;
begin
  if tg_op <> 'INSERT' then
    added := added - old.size_bytes;
  end if;
  if tg_op <> 'DELETE' then
    added := added + new.size_bytes;
  end if;
  if added > 0 then
    insert into files.usage values (organization, added)
    on conflict (organization_id) do update set used_bytes = usage.used_bytes + excluded.used_bytes;
  elsif added < 0 then -- with a whole organization its account may be gone already
    update files.usage set used_bytes = used_bytes + added where organization_id = organization;
  end if;
  return null;
end $$;
create trigger count_blob after insert or delete on files.blobs
  for each row execute function files.count_bytes();
create trigger count_upload after insert or update of size_bytes or delete on files.uploads
  for each row execute function files.count_bytes();
`;

const leftovers = `
-- Objects to be removed from the store. Written by whatever removes the row that spoke of them, a cascade included, so
-- that nothing is forgotten; a row goes when its object is gone.
create table files.garbage (
  object_key text collate "C" primary key,
  due_at timestamptz not null default now()
);
create index garbage_due on files.garbage (due_at);

create function files.discard_blob() returns trigger language plpgsql as $$
begin
  insert into files.garbage (object_key) values (old.object_key) on conflict do nothing;
  return null;
end $$;
create trigger discard_blob after delete on files.blobs for each row execute function files.discard_blob();

-- Bytes may still arrive: signed addresses hold until the upload expires, and what began by then goes on a while.
create function files.discard_upload() returns trigger language plpgsql as $$
begin
  insert into files.garbage (object_key, due_at) values (old.object_key, old.expires_at + interval '1 hour')
  on conflict do nothing;
  return null;
end $$;
create trigger discard_upload after delete on files.uploads
  for each row when (old.completed_file_id is null) execute function files.discard_upload();
`;
