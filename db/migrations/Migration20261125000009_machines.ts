import { Migration } from "@mikro-orm/migrations";

/** Profiles, and everything that acts without a person at the keyboard. */
export class Migration20261125000009_machines extends Migration {
  override up(): void {
    this.addSql(profiles);
    this.addSql(audit);
    this.addSql(roles);
    this.addSql(tokens);
  }

  override down(): void {
    this.addSql(`
      drop table organizations.service_secrets, organizations.service_accounts, auth.api_tokens, auth.revoked_tokens`);
    this.addSql(`
      alter table organizations.members drop column role_id;
      alter table projects.project_members drop column role_id;
      drop function organizations.role_mask(uuid, text[]);
      drop table organizations.roles`);
    this.addSql("drop table auth.audit_entries; drop function auth.keep_audit_entries()");
    this.addSql(`
      alter table auth.users drop column kind, drop column locale, drop column time_zone, drop column working_days,
        drop column week_starts_on, drop column theme, drop column avatar_id`);
  }
}

const profiles = `
alter table auth.users
  -- A service is no person: it belongs to one organization and never signs in by password.
  add column kind text not null default 'person' check (kind in ('person', 'service')),
  add column locale text not null default 'en',
  add column time_zone text not null default 'UTC',
  add column working_days int[] not null default '{1,2,3,4,5}' check (working_days <@ '{1,2,3,4,5,6,7}'),
  add column week_starts_on int not null default 1 check (week_starts_on between 1 and 7),
  add column theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
  -- Random, since knowing it is enough to see the picture.
  add column avatar_id uuid unique;
`;

const audit = `
-- Who did what that matters for security or administration. No foreign keys: the account of what happened outlives
-- what it speaks of.
create table auth.audit_entries (
  id uuid primary key,
  at timestamptz not null,
  action text not null,
  -- null: something about one person's account, which nobody else may see
  organization_id uuid,
  -- null: the server itself, or who did not prove who they are
  actor_id uuid,
  subject_id uuid,
  target_type text not null,
  target_id uuid,
  before json,
  after json,
  ip text not null,
  user_agent text not null,
  request_id text not null,
  session_id uuid,
  api_token_id uuid
);
create index audit_entries_organization on auth.audit_entries (organization_id, id) where organization_id is not null;
create index audit_entries_subject on auth.audit_entries (subject_id, id) where organization_id is null;
create index audit_entries_at on auth.audit_entries using brin (at);

-- Entries are only ever added. Retention, which must name itself, may remove what is at least ninety days old.
create function auth.keep_audit_entries() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('taskwire.audit_retention', true) = 'on'
    and old.at < now() - interval '90 days' then
    return old;
  end if;
  raise exception 'audit entries are not changed' using errcode = 'insufficient_privilege';
end $$;
create trigger keep_rows before update or delete on auth.audit_entries
  for each row execute function auth.keep_audit_entries();
create trigger keep_table before truncate on auth.audit_entries
  for each statement execute function auth.keep_audit_entries();
`;

const roles = `
-- Roles that an organization composes of single permissions, by their names.
create table organizations.roles (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  level text not null check (level in ('organization', 'project')),
  -- The built-in role that one in the organization extends.
  base text check (base in ('guest', 'member')),
  name text not null,
  description text not null,
  permissions text[] not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check ((base is null) = (level = 'project'))
);
create unique index roles_name on organizations.roles (organization_id, level, lower(name));

-- Who has such a role has its base as the built-in one, and in a project that of viewers.
alter table organizations.members
  add column role_id uuid,
  add constraint members_role foreign key (role_id, organization_id) references organizations.roles (id, organization_id);
alter table projects.project_members
  add column role_id uuid,
  add constraint project_members_role foreign key (role_id, organization_id) references organizations.roles (id, organization_id);
create index members_role on organizations.members (role_id) where role_id is not null;
create index project_members_role on projects.project_members (role_id) where role_id is not null;

-- A role's permissions as a number: bit n is the permission names[n + 1]. Null for no role, so that who has none is
-- decided without a look-up.
create function organizations.role_mask(role uuid, names text[]) returns bigint
language sql stable strict parallel safe as $$
  select coalesce(bit_or(1::bigint << (array_position(names, permission) - 1)), 0)
  from organizations.roles r, unnest(r.permissions) permission where r.id = role
$$;
`;

const tokens = `
create table auth.api_tokens (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  -- The token that made this one: what it made ends with it.
  parent_id uuid references auth.api_tokens,
  name text not null,
  token_hash text collate "C" not null unique,
  hint text not null,
  scopes text[] not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index api_tokens_user on auth.api_tokens (user_id);
create index api_tokens_parent on auth.api_tokens (parent_id) where parent_id is not null;
create index api_tokens_expiry on auth.api_tokens (expires_at);

-- Access tokens that hold no more although their time has not come. Short-lived, as they are.
create table auth.revoked_tokens (
  token_id text collate "C" primary key,
  expires_at timestamptz not null,
  revoked_at timestamptz not null default clock_timestamp()
);
create index revoked_tokens_at on auth.revoked_tokens (revoked_at);
create index revoked_tokens_expiry on auth.revoked_tokens (expires_at);

-- What an account of kind 'service' is besides its rows in auth.users and organizations.members.
create table organizations.service_accounts (
  id uuid not null, -- the account's
  organization_id uuid not null references organizations.organizations on delete cascade,
  description text not null,
  scopes text[] not null,
  created_by_id uuid not null references auth.users,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (id),
  foreign key (organization_id, id) references organizations.members (organization_id, user_id)
);
create index service_accounts_organization on organizations.service_accounts (organization_id);

create table organizations.service_secrets (
  id uuid not null,
  organization_id uuid not null,
  service_account_id uuid not null,
  secret_hash text collate "C" not null unique,
  hint text not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (id, organization_id),
  unique (id),
  foreign key (service_account_id, organization_id) references organizations.service_accounts (id, organization_id) on delete cascade
);
create index service_secrets_account on organizations.service_secrets (service_account_id);
`;
