import { v7 } from "uuid";
import { type Sql, sqlOn } from "../../server/platform/sql.ts";
import type { SeededProject } from "../harness/projects.ts";
import { openReader, type Reader } from "../harness/reads.ts";
import type { Stack } from "../harness/stack.ts";

/** One project with very many tasks, and what they can be asked for. */
export interface TaskWorld {
  readonly project: SeededProject;
  readonly assigneeId: string;
  readonly labelId: string;
  /** A custom field of the kind `choice`, one of its 100 choices, and another of the kind `number`. */
  readonly choiceFieldId: string;
  readonly choiceId: string;
  readonly numberFieldId: string;
  readonly reader: Reader;
  readonly sql: Sql;
  close(): Promise<void>;
}

/** In the title of one task in five hundred. */
export const rareWord = "chandelier";
/** In every fourth. */
export const frequentWord = "invoice";

const words = ["invoice", "login", "search", "export"];

/**
 * `size` tasks in four statuses, made over two years: a third has an assignee (one of 50), a third a label (one of six),
 * half of them two custom fields, three quarters a due day.
 */
export async function openTaskWorld(stack: Stack, size: number): Promise<TaskWorld> {
  const side = await stack.openOurs("tasks", {});
  const [project] = await side.seed({ projects: 1, lists: [size / 4, size / 4, size / 4, size / 4] });
  const choiceIds = Array.from({ length: 100 }, () => v7());
  const [choiceFieldId, numberFieldId] = [v7(), v7()];
  const choices = choiceIds.map((id, at) => ({ id, name: `Choice ${at}`, color: null }));
  await side.pool.query(
    `insert into projects.fields (id, organization_id, project_id, name, description, kind, choices, created_at, updated_at)
    select f.id, p.organization_id, p.id, f.name, '', f.kind, f.choices, now(), now()
    from projects.projects p, json_to_recordset($2) as f (id uuid, name text, kind text, choices jsonb) where p.id = $1`,
    [
      project!.id,
      JSON.stringify([
        { id: choiceFieldId, name: "Component", kind: "choice", choices },
        { id: numberFieldId, name: "Points", kind: "number", choices: [] },
      ]),
    ],
  );
  await side.pool.query(
    `update tasks.tasks t set
      title = ($2::text[])[1 + number % 4] || ' ' || number || ' waits for somebody' || case when number % 500 = 7 then ' with a ${rareWord}' else '' end,
      due_on = case when number % 4 < 3 then date '2026-01-01' + number * 7 % 730 end,
      estimate_minutes = case when number % 3 = 0 then 30 * (1 + number % 16) end,
      fields = case when number % 2 = 0 then
        jsonb_build_object($3::text, ($4::text[])[1 + number / 2 % 100], $5::text, number * 11 % 1000) else '{}' end,
      created_at = timestamptz '2025-01-01Z' + number * interval '10 minutes',
      updated_at = timestamptz '2026-01-01Z' + number * 7919 % 500000 * interval '1 minute'
    where t.project_id = $1`,
    [project!.id, words, choiceFieldId, choiceIds, numberFieldId],
  );
  await side.pool.query("vacuum (full, analyze) tasks.tasks");
  await side.pool.query("vacuum (full, analyze) tasks.search");
  const [label] = (
    await side.pool.query<{ id: string }>("select id from projects.labels where project_id = $1 order by id limit 1", [
      project!.id,
    ])
  ).rows;
  const reader = openReader(side);
  return {
    project: project!,
    assigneeId: side.people[3]!.userId,
    labelId: label!.id,
    choiceFieldId,
    choiceId: choiceIds[42]!,
    numberFieldId,
    reader,
    sql: sqlOn(side.pool),
    async close() {
      await reader.close();
      await side.close();
    },
  };
}
