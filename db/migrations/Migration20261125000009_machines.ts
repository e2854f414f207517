import { Migration } from "@mikro-orm/migrations";

/** Profiles, and everything that acts without a person at the keyboard. */
export class Migration20261125000009_machines extends Migration {
  override up(): void {
    this.addSql(profiles);
  }

  override down(): void {
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
