import { Migration } from "@mikro-orm/migrations";

/** What the workers know: how far changes were published, who handled which, and the jobs that are owed. */
export class Migration20261122000002_workers extends Migration {
  override up(): void {
    this.addSql(published);
    this.addSql(inbox);
    this.addSql(jobs);
  }

  override down(): void {
    for (const table of ["schedules", "dead_letters", "jobs", "inbox", "consumers", "relay_cursors"]) {
      this.addSql(`drop table feed.${table}`);
    }
    this.addSql(`drop index feed.changes_at`);
  }
}

const published = `
-- How far each channel was published, and which relay holds it until when.
create table feed.relay_cursors (
  channel text collate "C" primary key,
  seq bigint not null,
  lease uuid,
  leased_until timestamptz
) with (fillfactor = 50);
-- What happened before there were consumers is owed to none.
insert into feed.relay_cursors (channel, seq) select channel, seq from feed.heads;

-- For the reconciler, which looks at spans of time; nearly free to write.
create index changes_at on feed.changes using brin (at) with (pages_per_range = 16, autosummarize = on);
`;

const inbox = `
-- Changes before 'began_at' are not owed to a consumer; up to 'reconciled_to' each one it is owed has an inbox row.
create table feed.consumers (
  name text collate "C" primary key,
  began_at timestamptz not null default now(),
  reconciled_to timestamptz not null default now()
);

-- What a consumer did with a change. The key serves its question "what did I last do about this entity?".
create table feed.inbox (
  consumer text collate "C" not null,
  entity_id uuid not null,
  channel text collate "C" not null,
  seq bigint not null,
  attempts int not null default 0,
  publishes int not null default 0, -- by us, beside the relay's one
  started_at timestamptz, -- an attempt that has not ended, or whose process died
  crashes int not null default 0, -- attempts that ended with their process
  not_before timestamptz, -- a failed attempt is not repeated earlier
  due_at timestamptz, -- then it is published again; null: finished
  done_at timestamptz, -- handled, or given up and among the dead letters
  error text,
  primary key (consumer, entity_id, channel, seq),
  check (num_nonnulls(due_at, done_at) = 1)
) with (fillfactor = 80);
create index inbox_due on feed.inbox (due_at) where due_at is not null;
create index inbox_done on feed.inbox using brin (done_at);

create table feed.dead_letters (
  consumer text collate "C" not null, -- or the job's name
  id uuid not null, -- of the change or the job
  kind text not null check (kind in ('change', 'job')),
  channel text, -- of the change
  seq bigint,
  entity_id uuid,
  body json not null, -- the change, or the job's input
  attempts int not null,
  reason text not null,
  stack text,
  died_at timestamptz not null default now(),
  primary key (consumer, id)
);
create index dead_letters_died on feed.dead_letters (died_at);
`;

const jobs = `
-- Jobs are written with what causes them, and removed when they are done.
create table feed.jobs (
  id uuid primary key,
  name text not null,
  input json not null,
  key text, -- while one waits, no second one with the same name and key is added
  attempts int not null default 0,
  publishes int not null default 0,
  started_at timestamptz,
  crashes int not null default 0,
  not_before timestamptz,
  due_at timestamptz not null, -- then it is published (again)
  enqueued_at timestamptz not null default now(),
  error text
) with (fillfactor = 70);
create index jobs_due on feed.jobs (due_at);
create unique index jobs_key on feed.jobs (name, key) where key is not null;

create table feed.schedules (
  name text primary key,
  cron text not null,
  time_zone text not null,
  next_at timestamptz not null
);
`;
