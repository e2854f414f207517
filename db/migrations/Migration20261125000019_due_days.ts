import { Migration } from "@mikro-orm/migrations";

/** Lists by due day are read from an index, tasks without one behind all others. */
export class Migration20261125000019_due_days extends Migration {
  override up(): void {
    this.addSql(`create index tasks_by_due_day on tasks.tasks (project_id, coalesce(due_on, 'infinity'::date), id)
      where deleted_at is null`);
  }

  override down(): void {
    this.addSql("drop index tasks.tasks_by_due_day");
  }
}
