import { generateNKeysBetween } from "fractional-indexing-jittered";
import type { Pool } from "pg";
import { v7 } from "uuid";
import { twinRanks } from "../twin/rank.ts";

/** A task as a client holds it. */
export interface KnownTask {
  readonly id: string;
  version: number;
}

export interface List {
  readonly statusId: string;
  /** In the order of the board when it was seeded. */
  readonly tasks: readonly KnownTask[];
}

export interface SeededProject {
  readonly id: string;
  readonly channel: string;
  readonly lists: readonly List[];
}

export interface Plan {
  readonly projects: number;
  /** How many tasks each list of each project has. */
  readonly lists: readonly number[];
}

const description = "Steps to reproduce, what was expected, and what happened instead. ".repeat(3).trim();

/**
 * Projects that are open to the organization, with labels and, per list, a status full of tasks; a third of the tasks
 * have an assignee, a third a label. The tasks precede the feed, which begins at 0.
 */
export async function seedProjects(
  pool: Pool,
  organizationId: string,
  people: readonly string[],
  ranks: "ours" | "twin",
  plan: Plan,
): Promise<SeededProject[]> {
  const client = await pool.connect();
  const projects = Array.from({ length: plan.projects }, () => ({
    id: v7(),
    statusIds: plan.lists.map(() => v7()),
    labelIds: Array.from({ length: 6 }, () => v7()),
  }));
  const projectIds = projects.map((project) => project.id);
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica"); // the data is sound: no foreign keys to check
    const [counted] = (await client.query<{ count: number }>("select count(*)::int as count from projects.projects"))
      .rows;
    await client.query(
      `insert into projects.projects (id, organization_id, name, key, description, visibility, created_at, updated_at)
      select id, $1, 'Project ' || n, 'P' || ($3::int + n), '', 'organization', now(), now() from unnest($2::uuid[]) with ordinality as p (id, n)`,
      [organizationId, projectIds, counted?.count ?? 0],
    );
    await client.query(
      `insert into tasks.counters (organization_id, project_id, last_number) select $1, unnest($2::uuid[]), $3`,
      [organizationId, projectIds, plan.lists.reduce((sum, count) => sum + count, 0)],
    );
    await client.query(
      `insert into feed.heads (channel, seq) select 'project:' || id, 0 from unnest($1::uuid[]) as p (id)`,
      [projectIds],
    );
    await client.query(
      `insert into projects.labels (id, organization_id, project_id, name, color, created_at, updated_at)
      select id, $1, project, 'Label ' || n, '#0e8a16', now(), now() from unnest($2::uuid[], $3::uuid[]) with ordinality as l (id, project, n)`,
      [organizationId, projects.flatMap((p) => p.labelIds), projects.flatMap((p) => p.labelIds.map(() => p.id))],
    );
    let numbered = 0;
    for (const [at, size] of plan.lists.entries()) {
      const statusIds = projects.map((project) => project.statusIds[at]);
      await client.query(
        `insert into projects.statuses (id, organization_id, project_id, name, category, rank, created_at, updated_at)
        select id, $1, project, 'List ' || $4::text, 'todo', 'a' || $4::text, now(), now() from unnest($2::uuid[], $3::uuid[]) as s (id, project)`,
        [organizationId, statusIds, projectIds, `${at}`],
      );
      await client.query(
        `insert into tasks.tasks (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, created_by_id, created_at, updated_at)
        select gen_random_uuid(), $1, p.id, $5::int + n, 'P-' || ($5::int + n), 'Task ' || n || ' waits for somebody to take it up', $6, p.status_id,
          ($7::text[])[n], (array['none', 'low', 'medium', 'high', 'urgent'])[1 + n % 5], $8, now(), now()
        from unnest($2::uuid[], $3::uuid[]) as p (id, status_id), generate_series(1, $4::int) as n`,
        [organizationId, projectIds, statusIds, size, numbered, description, ranksOf(ranks, size), people[0]],
      );
      numbered += size;
    }
    for (const [table, column, values] of [
      ["task_assignees", "user_id", people.slice(0, 50)],
      ["task_labels", "label_id", null],
    ] as const) {
      const value = values
        ? "($2::uuid[])[1 + t.number % 50]"
        : "(select l.id from projects.labels l where l.project_id = t.project_id order by l.id offset t.number % 6 limit 1)";
      await client.query(
        `insert into tasks.${table} (organization_id, project_id, task_id, ${column})
        select t.organization_id, t.project_id, t.id, ${value} from tasks.tasks t
        where t.project_id = any($1::uuid[]) and t.number % 3 = 0`,
        values ? [projectIds, values] : [projectIds],
      );
    }
    await client.query(
      `insert into tasks.search (task_id, organization_id, project_id, title, document)
      select id, organization_id, project_id, key || ' ' || title, to_tsvector('simple', key || ' ' || title)
      from tasks.tasks where project_id = any($1::uuid[])`,
      [projectIds],
    );
    const { rows } = await client.query<{ statusId: string; ids: string[] }>(
      `select status_id as "statusId", array_agg(id::text order by rank, id) as ids from tasks.tasks where project_id = any($1::uuid[]) group by status_id`,
      [projectIds],
    );
    await client.query("commit");
    const byStatus = new Map(rows.map((row) => [row.statusId, row.ids.map((id) => ({ id, version: 1 }))]));
    return projects.map(({ id, statusIds }) => ({
      id,
      channel: `project:${id}`,
      lists: statusIds.map((statusId) => ({ statusId, tasks: byStatus.get(statusId) ?? [] })),
    }));
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

const ranksOf = (kind: "ours" | "twin", size: number) =>
  size === 0 ? [] : kind === "ours" ? generateNKeysBetween(null, null, size) : twinRanks(size);
