import { Migration } from "@mikro-orm/migrations";

/** Every key that a project has or had: one of them never means two projects. */
export class Migration20261125000018_keys extends Migration {
  override up(): void {
    this.addSql(`
create table projects.keys (
  organization_id uuid not null,
  key text not null,
  project_id uuid not null,
  primary key (organization_id, key),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create index keys_project on projects.keys (project_id);
insert into projects.keys (organization_id, key, project_id) select organization_id, key, id from projects.projects;

create function projects.keep_key() returns trigger language plpgsql as $$
begin
  insert into projects.keys (organization_id, key, project_id)
  select new.organization_id, new.key, new.id
  where not exists (select from projects.keys k where k.organization_id = new.organization_id and k.key = new.key and k.project_id = new.id);
  return null;
end $$;
create trigger keep_new_key after insert on projects.projects for each row execute function projects.keep_key();
create trigger keep_changed_key after update on projects.projects
  for each row when (old.key <> new.key) execute function projects.keep_key();

-- The table above says it. Without it a changed key does not wait for those who add to the project.
create index projects_organization on projects.projects (organization_id);
alter table projects.projects drop constraint projects_organization_id_key_key;`);
  }

  override down(): void {
    this.addSql(`
alter table projects.projects add constraint projects_organization_id_key_key unique (organization_id, key);
drop index projects.projects_organization;
drop trigger keep_new_key on projects.projects;
drop trigger keep_changed_key on projects.projects;
drop function projects.keep_key();
drop table projects.keys;`);
  }
}
