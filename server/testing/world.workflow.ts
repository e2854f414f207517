import { v7 } from "uuid";
import type { Scene } from "./scene.ts";

type Row = { id: string };

/** What a project's workflow is made of: fields, choices, sprints, milestones. */
export async function buildWorkflow(
  scene: Scene,
  ids: Record<string, string[]>,
  { organization, project }: { organization: Row; project: Row; task: Row },
): Promise<void> {
  const insert = async (table: string, columns: string, rows: readonly (readonly unknown[])[]) => {
    const inserted: string[] = [];
    for (const row of rows) {
      const id = v7();
      const values = [id, organization.id, project.id, ...row];
      await scene.app.sql.query(
        `insert into projects.${table} (id, organization_id, project_id, ${columns}, created_at, updated_at)
        values (${values.map((_, at) => `$${at + 1}`).join(", ")}, now(), now())`,
        values,
      );
      inserted.push(id);
    }
    return inserted;
  };
  const choices = ["Low", "High"].map((name) => ({ id: v7(), name, color: null }));
  ids["choice"] = choices.map(({ id }) => id);
  ids["field"] = await insert("fields", "name, description, kind, choices", [
    ["Remarks", "", "text", "[]"],
    ["Risk", "", "choices", JSON.stringify(choices)],
    ["Amount", "", "number", "[]"],
  ]);
  const [todo, done] = ids["status"] as [string, string];
  ids["transition"] = await insert(
    "transitions",
    "from_status_id, to_status_id, allowed, required, required_field_ids",
    [[todo, done, "{editor}", "{}", []]],
  );
  ids["sprint"] = await insert("sprints", "name, goal, starts_on, ends_on, state, started_at, is_alone", [
    ["Sprint 1", "", "2026-01-05", "2026-01-18", "active", new Date(), true],
    ["Sprint 2", "", "2026-01-19", "2026-02-01", "planned", null, true],
  ]);
  ids["milestone"] = await insert("milestones", "name, description, due_on", [["Launch", "", "2026-03-01"]]);
}
