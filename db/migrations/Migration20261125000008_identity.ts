import { Migration } from "@mikro-orm/migrations";

/** Other ways to sign in than a password, proofs of an address, and a second factor. */
export class Migration20261125000008_identity extends Migration {
  override up(): void {
    this.addSql(users);
    this.addSql(identities);
    this.addSql(proofs);
    this.addSql(secondFactor);
  }

  override down(): void {
    for (const table of ["challenges", "recovery_codes", "totp", "mail_proofs", "exchange_codes", "identities"]) {
      this.addSql(`drop table auth.${table}`);
    }
    this.addSql(`delete from auth.users where password_hash is null`);
    this.addSql(`
      alter table auth.users alter column password_hash set not null,
        drop column email_verified_at, drop column two_factor_since, drop column recovery_codes_left`);
  }
}

const users = `
alter table auth.users
  -- null: signs in with an identity, or is no person
  alter column password_hash drop not null,
  -- When it was proved that the person reads mail to this address; null: not yet.
  add column email_verified_at timestamptz,
  -- Since when a password or an identity alone is not enough.
  add column two_factor_since timestamptz,
  add column recovery_codes_left int not null default 0 check (recovery_codes_left >= 0);
`;

const identities = `
-- What somebody is called elsewhere. The issuer, not our name for it, makes the subject unique: a provider's name may be
-- given to another issuer one day.
create table auth.identities (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  provider text not null,
  issuer text collate "C" not null,
  subject text collate "C" not null,
  email text,
  name text,
  created_at timestamptz not null,
  unique (issuer, subject)
);
create index identities_user on auth.identities (user_id);

-- What a provider has just proved of somebody, for the one client that can say the verifier (RFC 7636).
create table auth.exchange_codes (
  code_hash text collate "C" primary key,
  challenge text not null,
  identity json not null,
  expires_at timestamptz not null
);
create index exchange_codes_expiry on auth.exchange_codes (expires_at);
`;

const proofs = `
-- Links in letters. The token follows from the salt and the server's key, so that a letter can be composed later;
-- here is only its hash. A newer link replaces the older one.
create table auth.mail_proofs (
  id uuid primary key,
  user_id uuid not null references auth.users on delete cascade,
  purpose text not null check (purpose in ('verify-email', 'reset-password', 'change-email')),
  email text not null check (email = lower(email)),
  token_hash text collate "C" not null unique,
  token_salt text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  unique (user_id, purpose)
);
create index mail_proofs_expiry on auth.mail_proofs (expires_at);
`;

const secondFactor = `
create table auth.totp (
  user_id uuid primary key references auth.users on delete cascade,
  -- Sealed with a key of the server: it must be read to compare a code.
  sealed_secret text not null,
  -- The time step of the last code that was accepted: none is accepted twice (RFC 6238 §5.2).
  last_step bigint not null default 0,
  confirmed_at timestamptz,
  created_at timestamptz not null
);

create table auth.recovery_codes (
  code_hash text collate "C" primary key,
  user_id uuid not null references auth.users on delete cascade
);
create index recovery_codes_user on auth.recovery_codes (user_id);

-- A first factor was right, the second is still to come.
create table auth.challenges (
  token_hash text collate "C" primary key,
  user_id uuid not null references auth.users on delete cascade,
  cookie boolean not null,
  tries int not null default 0,
  expires_at timestamptz not null
);
create index challenges_user on auth.challenges (user_id);
create index challenges_expiry on auth.challenges (expires_at);
`;
