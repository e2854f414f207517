import { Migration } from "@mikro-orm/migrations";

/** Which trace a change belongs to, for consumers and sockets that go on with it; clients never see it. */
export class Migration20261125000015_tracing extends Migration {
  override up(): void {
    this.addSql("alter table feed.changes add column traceparent text");
  }
  override down(): void {
    this.addSql("alter table feed.changes drop column traceparent");
  }
}
