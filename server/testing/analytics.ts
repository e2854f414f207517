import type { Actor } from "../context.ts";
import { analyticsProjections } from "../domain/analytics/rebuild-analytics.ts";
import { advance, channelsBehind, type Projection } from "../domain/projection.ts";
import type { Scene } from "./scene.ts";

/** A project that began with `projects.create`, so that its feed tells all of it. */
export async function foundProject(scene: Scene, of?: { organizationId: string; owner: Actor }) {
  const founded = of ?? (await scene.organization());
  const { owner } = founded;
  const organizationId = "organizationId" in founded ? founded.organizationId : founded.organization.id;
  const manager = scene.caller(owner);
  const project = await manager.projects.create({
    organizationId,
    name: `Project ${crypto.randomUUID()}`,
    key: `P${crypto.randomUUID().replaceAll("-", "").slice(0, 8).toUpperCase()}`,
    visibility: "private",
  });
  const statuses = (await manager.statuses.list({ projectId: project.id })).items;
  const [backlog, todo, doing, done, cancelled] = statuses.map(({ id }) => id) as [
    ...[string, string, string, string, string],
  ];
  return { organizationId, owner, manager, project, backlog, todo, doing, done, cancelled };
}

/** Until analytics has read everything. */
export async function catchUp(scene: Scene): Promise<void> {
  const ctx = scene.ctx(null);
  for (const projection of analyticsProjections) {
    for (const channel of await channelsBehind(ctx, projection, true)) {
      while ((await advance(ctx, projection, channel)) > 0);
    }
  }
}

/** The same projection, which gets each change alone. */
export const changeByChange = (projection: Projection): Projection => ({
  ...projection,
  async apply(ctx, channel, changes) {
    for (const change of changes) await projection.apply(ctx, channel, [change]);
  },
});

/** Everything that is kept of a project. */
export async function keptOf(scene: Scene, projectId: string) {
  const tables = ["tasks", "spans", "statuses", "sprints", "project_days", "time_entries", "project_time_days"];
  const rows = await Promise.all(
    tables.map((table) =>
      scene.app.sql.query<object>(`select to_json(t) as row from analytics.${table} t where project_id = $1`, [
        projectId,
      ]),
    ),
  );
  const dashboards = ["project_figures", "project_time"];
  const figures = await Promise.all(
    dashboards.map((table) =>
      scene.app.sql.query<object>(`select to_json(t) as row from analytics.${table} t where id = $1`, [projectId]),
    ),
  );
  const sorted = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
  return Object.fromEntries([
    ...tables.map((table, at) => [table, sorted(rows[at] ?? [])]),
    ...dashboards.map((table, at) => [table, sorted(figures[at] ?? [])]),
  ]);
}
