import { Migration } from "@mikro-orm/migrations";

/** What belongs to a task and names its project, by the column that names the task. */
const belongings = [
  ...["search", "task_assignees", "task_labels", "watches", "recurrences", "reminders"].map(
    (table) => `tasks.${table}`,
  ),
  ...["comments.comments", "comments.read_positions", "files.files"],
  ...["notifications.notifications", "notifications.task_mutes", "time.entries", "time.timers"],
].map((table) => ({ table, column: "task_id" }));
const links = ["blocker_id", "blocked_id"].map((column) => ({ table: "tasks.task_links", column }));
/** Nothing that stands in people's channels goes untold, and time does not go at all: those do not cascade. */
const staying = /^(comments.read_positions|notifications|time)/;

/**
 * A task may go to another project of its organization. The schema takes along what belongs to it, and refuses whatever
 * would still name the former project.
 */
export class Migration20261125000020_moves extends Migration {
  override up(): void {
    this.addSql(`
create unique index tasks_place on tasks.tasks (id, organization_id, project_id);
-- Numbers that tasks had in projects which they left: keys with them go on leading to the tasks.
create table tasks.former_numbers (
  organization_id uuid not null,
  project_id uuid not null,
  number int not null,
  task_id uuid not null,
  primary key (project_id, number),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (task_id, organization_id) references tasks.tasks (id, organization_id) on delete cascade
);
create index former_numbers_task on tasks.former_numbers (task_id);`);
    for (const { table, column } of [...belongings, ...links]) {
      const name = table.split(".")[1];
      this.addSql(`alter table ${table} drop constraint ${name}_${column}_organization_id_fkey`);
      this.addSql(
        `alter table ${table} add foreign key (${column}, organization_id, project_id)
        references tasks.tasks (id, organization_id, project_id) on update cascade${staying.test(table) ? "" : " on delete cascade"}`,
      );
    }
    this.addSql(`alter table comments.mentions add foreign key (task_id, organization_id, project_id)
      references tasks.tasks (id, organization_id, project_id) on update cascade`);
  }

  override down(): void {
    this.addSql("alter table comments.mentions drop constraint mentions_task_id_organization_id_project_id_fkey");
    for (const { table, column } of [...belongings, ...links]) {
      const name = table.split(".")[1];
      this.addSql(`alter table ${table} drop constraint ${name}_${column}_organization_id_project_id_fkey`);
      this.addSql(
        `alter table ${table} add foreign key (${column}, organization_id)
        references tasks.tasks (id, organization_id)${staying.test(table) ? "" : " on delete cascade"}`,
      );
    }
    this.addSql("drop table tasks.former_numbers");
    this.addSql("drop index tasks.tasks_place");
  }
}
