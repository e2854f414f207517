import { Migration } from "@mikro-orm/migrations";

/** How a project works: settings, transitions, custom fields, sprints and milestones; and what its tasks hold of them. */
export class Migration20261125000010_workflow extends Migration {
  override up(): void {
    this.addSql(settings);
    this.addSql(fields);
    this.addSql(transitions);
    this.addSql(sprints);
    this.addSql(milestones);
    this.addSql(tasks);
  }

  override down(): void {
    this.addSql("alter table tasks.tasks drop column sprint_id, drop column milestone_id, drop column fields");
    for (const table of ["milestones", "sprints", "transitions", "fields"]) this.addSql(`drop table projects.${table}`);
    this.addSql("alter table projects.projects drop column is_ruled, drop column settings");
  }
}

const settings = `
alter table projects.projects add column settings jsonb not null default '{
  "features": {"fields": true, "sprints": true, "milestones": true, "recurrence": true},
  "workflow": "free", "blockedStayOpen": false, "subtasksFirst": false, "severalActiveSprints": false,
  "defaults": {"statusId": null, "priority": "none", "dueInDays": null}
}'::jsonb check (jsonb_typeof(settings) = 'object');
-- Whether moves must be looked at at all: a project without rules pays nothing for them.
alter table projects.projects add column is_ruled boolean not null generated always as (
  settings ->> 'workflow' <> 'free' or (settings ->> 'blockedStayOpen')::boolean or (settings ->> 'subtasksFirst')::boolean
) stored;
`;

const fields = `
create table projects.fields (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  description text not null,
  kind text not null check (kind in ('text', 'number', 'date', 'person', 'choice', 'choices', 'checkbox', 'url')),
  choices jsonb not null check (jsonb_typeof(choices) = 'array'),
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, project_id, id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create unique index fields_name on projects.fields (project_id, lower(name));
`;

const transitions = `
create table projects.transitions (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  from_status_id uuid, -- null: from anywhere, and for new tasks
  to_status_id uuid not null,
  allowed text[] not null check (allowed <@ '{editor,manager,assignee,creator}'), -- empty: whoever may move tasks
  required text[] not null,
  required_field_ids uuid[] not null,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  check (from_status_id <> to_status_id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade,
  foreign key (organization_id, project_id, from_status_id)
    references projects.statuses (organization_id, project_id, id) on delete cascade,
  foreign key (organization_id, project_id, to_status_id)
    references projects.statuses (organization_id, project_id, id) on delete cascade
);
create unique index transitions_way on projects.transitions (project_id, from_status_id, to_status_id) nulls not distinct;
create index transitions_to on projects.transitions (to_status_id);
`;

const sprints = `
create table projects.sprints (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  goal text not null,
  starts_on date not null,
  ends_on date not null,
  state text not null check (state in ('planned', 'active', 'closed')),
  started_at timestamptz,
  closed_at timestamptz,
  is_alone boolean not null, -- no other one may be active beside it
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, project_id, id),
  check (starts_on <= ends_on),
  check ((started_at is null) = (state = 'planned')),
  check ((closed_at is not null) = (state = 'closed')),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create unique index sprints_name on projects.sprints (project_id, lower(name));
create unique index sprints_active on projects.sprints (project_id) where state = 'active' and is_alone;
`;

const milestones = `
create table projects.milestones (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  name text not null,
  description text not null,
  due_on date,
  reached_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (id, organization_id),
  unique (organization_id, project_id, id),
  foreign key (project_id, organization_id) references projects.projects (id, organization_id) on delete cascade
);
create unique index milestones_name on projects.milestones (project_id, lower(name));
`;

const tasks = `
alter table tasks.tasks
  add column sprint_id uuid,
  add column milestone_id uuid,
  add column fields jsonb not null default '{}' check (jsonb_typeof(fields) = 'object'),
  add foreign key (organization_id, project_id, sprint_id) references projects.sprints (organization_id, project_id, id),
  add foreign key (organization_id, project_id, milestone_id) references projects.milestones (organization_id, project_id, id);
create index tasks_sprint on tasks.tasks (sprint_id) where sprint_id is not null;
create index tasks_milestone on tasks.tasks (milestone_id) where milestone_id is not null;
-- Equality with a field's value. Tasks without custom fields are not in it, so moving them does not write it.
create index tasks_fields on tasks.tasks using gin (fields jsonb_path_ops) where fields <> '{}'::jsonb;
`;
