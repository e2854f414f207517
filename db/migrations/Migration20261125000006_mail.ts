import { Migration } from "@mikro-orm/migrations";

/** What was sent by mail and push, to where, and what came back. */
export class Migration20261125000006_mail extends Migration {
  override up(): void {
    this.addSql(mail);
    this.addSql(push);
  }

  override down(): void {
    for (const table of ["push_sends", "push_subscriptions", "received_mail", "suppressed_addresses", "sent_letters"]) {
      this.addSql(`drop table notifications.${table}`);
    }
  }
}

const mail = `
-- Letters by the secret part of their Message-ID, so that a repeat is known, and who reports a bounce proves to have the letter.
create table notifications.sent_letters (
  code text primary key,
  letter text not null,
  address text not null,
  state text not null check (state in ('sending', 'sent', 'refused', 'suppressed')),
  detail text,
  attempts int not null default 1,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  check (state <> 'sent' or sent_at is not null)
);
create index sent_letters_age on notifications.sent_letters using brin (created_at);

-- Addresses at which nothing arrives, or whose owner complained. Addresses belong to no organization.
create table notifications.suppressed_addresses (
  address text primary key,
  reason text not null check (reason in ('bounce', 'complaint')),
  detail text,
  created_at timestamptz not null default now()
);

-- Mail that came in, by the hash of who sent it and its Message-ID: the same one acts once.
create table notifications.received_mail (
  hash text primary key,
  outcome text not null,
  comment_id uuid,
  received_at timestamptz not null default now()
);
create index received_mail_age on notifications.received_mail using brin (received_at);
`;

const push = `
-- A person's devices. The keys encrypt what is sent, so that push services cannot read it (RFC 8291).
create table notifications.push_subscriptions (
  id uuid primary key,
  user_id uuid not null references auth.users,
  session_id uuid not null, -- it ends with this sign-in
  kind text not null check (kind in ('web')),
  endpoint text not null unique,
  keys jsonb not null,
  user_agent text not null,
  expires_at timestamptz,
  created_at timestamptz not null
);
create index push_subscriptions_user on notifications.push_subscriptions (user_id, created_at);
create index push_subscriptions_session on notifications.push_subscriptions (session_id);

-- Which devices have a delivery already, when another one makes it be sent again.
create table notifications.push_sends (
  organization_id uuid not null,
  delivery_id uuid not null,
  subscription_id uuid not null,
  sent_at timestamptz not null default now(),
  primary key (delivery_id, subscription_id),
  foreign key (delivery_id, organization_id) references notifications.deliveries (id, organization_id) on delete cascade
);
`;
