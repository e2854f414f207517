import { Migration } from "@mikro-orm/migrations";

/** What projects can begin with. */
export class Migration20261125000012_templates extends Migration {
  override up(): void {
    this.addSql(`
create table projects.templates (
  id uuid not null,
  organization_id uuid not null references organizations.organizations on delete cascade,
  name text not null,
  description text not null,
  content json not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id)
);
create unique index templates_name on projects.templates (organization_id, lower(name));`);
  }

  override down(): void {
    this.addSql("drop table projects.templates");
  }
}
