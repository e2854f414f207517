import { Migration } from "@mikro-orm/migrations";

/** Attachments are on their comment's task, and hidden from guests exactly if it is: the schema refuses all others. */
export class Migration20261125000007_attachments extends Migration {
  override up(): void {
    this.addSql("create unique index files_place on files.files (id, organization_id, task_id, internal)");
    this.addSql("drop table comments.attachments"); // nothing was ever written to it
    this.addSql(attachments);
  }

  override down(): void {
    this.addSql("drop table comments.attachments");
    this.addSql("drop index files.files_place");
    this.addSql(earlier);
  }
}

const attachments = `
create table comments.attachments (
  organization_id uuid not null,
  task_id uuid not null,
  internal boolean not null,
  comment_id uuid not null,
  file_id uuid not null,
  place int not null,
  primary key (comment_id, file_id),
  foreign key (comment_id, organization_id, task_id, internal)
    references comments.comments (id, organization_id, task_id, internal) on delete cascade,
  foreign key (file_id, organization_id, task_id, internal)
    references files.files (id, organization_id, task_id, internal) on delete cascade
);
create index attachments_file on comments.attachments (file_id);
`;

const earlier = `
create table comments.attachments (
  organization_id uuid not null,
  comment_id uuid not null,
  file_id uuid not null,
  place int not null,
  primary key (comment_id, file_id),
  foreign key (comment_id, organization_id) references comments.comments (id, organization_id) on delete cascade
);
create index attachments_file on comments.attachments (file_id);
`;
