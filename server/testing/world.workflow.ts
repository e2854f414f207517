import { v7 } from "uuid";
import type { Actor } from "../context.ts";
import { builtInTemplates } from "../domain/projects/built-in-templates.ts";
import type { Scene } from "./scene.ts";

type Row = { id: string };

/** What a project's workflow is made of: fields, choices, sprints, milestones. */
export async function buildWorkflow(
  scene: Scene,
  ids: Record<string, string[]>,
  {
    organization,
    project,
    task,
    viewer,
    owner,
  }: { organization: Row; project: Row; task: Row; viewer: Actor; owner: Actor },
): Promise<void> {
  const insert = async (table: string, columns: string, rows: readonly (readonly unknown[])[]) => {
    const inserted: string[] = [];
    for (const row of rows) {
      const id = v7();
      const values = [id, organization.id, project.id, ...row];
      await scene.app.sql.query(
        `insert into ${table} (id, organization_id, project_id, ${columns}, created_at, updated_at)
        values (${values.map((_, at) => `$${at + 1}`).join(", ")}, now(), now())`,
        values,
      );
      inserted.push(id);
    }
    return inserted;
  };
  const choices = ["Low", "High"].map((name) => ({ id: v7(), name, color: null }));
  ids["choice"] = choices.map(({ id }) => id);
  ids["field"] = await insert("projects.fields", "name, description, kind, choices", [
    ["Remarks", "", "text", "[]"],
    ["Risk", "", "choices", JSON.stringify(choices)],
    ["Amount", "", "number", "[]"],
  ]);
  const [todo, done] = ids["status"] as [string, string];
  ids["transition"] = await insert(
    "projects.transitions",
    "from_status_id, to_status_id, allowed, required, required_field_ids",
    [[todo, done, "{editor}", "{}", []]],
  );
  ids["sprint"] = await insert("projects.sprints", "name, goal, starts_on, ends_on, state, started_at, is_alone", [
    ["Sprint 1", "", "2026-01-05", "2026-01-18", "active", new Date(), true],
    ["Sprint 2", "", "2026-01-19", "2026-02-01", "planned", null, true],
  ]);
  ids["milestone"] = await insert("projects.milestones", "name, description, due_on", [["Launch", "", "2026-03-01"]]);
  ids["recurrence"] = await insert(
    "tasks.recurrences",
    "task_id, rule, starts_at, time_zone, due_in_days, with_subtasks, state, next_at, created_by_id",
    [
      [
        task.id,
        "FREQ=WEEKLY;BYDAY=MO",
        "2026-01-05T09:00",
        "Europe/Berlin",
        2,
        false,
        "active",
        "2999-01-01",
        owner.userId,
      ],
    ],
  );
  ids["reminder"] = await insert("tasks.reminders", "task_id, user_id, at, state", [
    [task.id, viewer.userId, "2999-01-01", "waiting"],
  ]);
  const look = "owner_id, name, is_shared, layout, filter, sort, sort_order, columns";
  const how = [
    "list",
    JSON.stringify({ labelMatch: "any", archived: "exclude", blocked: "include" }),
    "board",
    "asc",
    "{}",
  ];
  ids["view"] = await insert("tasks.views", look, [
    [owner.userId, "Everything", true, ...how],
    [viewer.userId, "Mine", false, ...how],
  ]);
  const template = v7();
  const content = JSON.stringify(builtInTemplates.launch);
  await scene.app.sql.query(
    "insert into projects.templates (id, organization_id, name, description, content, created_at, updated_at) values ($1, $2, $3, '', $4, now(), now())",
    [template, organization.id, `Template ${template}`, content],
  );
  ids["template"] = [template];
}
