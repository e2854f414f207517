import { Migration } from "@mikro-orm/migrations";

const credentials = ["auth.sessions", "auth.api_tokens", "organizations.service_secrets"];
const holders = [
  { table: "auth.users", column: "disabled_at" },
  { table: "organizations.service_accounts", column: "scopes" },
];

/**
 * What was taken from credentials, by whichever way: sessions, API tokens and programs' secrets that are gone, accounts
 * that were disabled or enabled, programs with other scopes. Processes read it and remember everything else.
 */
export class Migration20261125000021_ends extends Migration {
  override up(): void {
    this.addSql(`
create table auth.ends (
  subject_id uuid not null, -- a session, token, secret or account
  at timestamptz not null default clock_timestamp()
);
create index ends_at on auth.ends (at);
create function auth.tell_end() returns trigger language plpgsql as $$
begin
  insert into auth.ends (subject_id) values (old.id);
  return null;
end $$;`);
    for (const table of credentials) {
      this.addSql(`create trigger tell_end after delete on ${table} for each row execute function auth.tell_end()`);
      this.addSql(`create trigger tell_sooner_end after update of expires_at on ${table} for each row
        when (new.expires_at < coalesce(old.expires_at, 'infinity')) execute function auth.tell_end()`);
    }
    for (const { table, column } of holders) {
      this.addSql(`create trigger tell_change after update of ${column} on ${table} for each row
        when (old.${column} is distinct from new.${column}) execute function auth.tell_end()`);
    }
  }

  override down(): void {
    for (const { table } of holders) this.addSql(`drop trigger tell_change on ${table}`);
    for (const table of credentials) {
      this.addSql(`drop trigger tell_sooner_end on ${table}`);
      this.addSql(`drop trigger tell_end on ${table}`);
    }
    this.addSql("drop function auth.tell_end");
    this.addSql("drop table auth.ends");
  }
}
