import { v7 } from "uuid";
import type { Category } from "../domain/analytics/facts.ts";
import { type Channel, readHeads, type StoredChange } from "../platform/feed.ts";
import type { Sql } from "../platform/sql.ts";

/** Numbers from 0 to 1 out of a seed (a linear congruential generator: Knuth's MMIX). */
export function seeded(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}

export interface HistoryOptions {
  readonly seed: number;
  readonly organizationId: string;
  readonly projectId: string;
  readonly tasks: number;
  readonly days: number;
  /** Of the first change. */
  readonly since: Date;
  readonly people: readonly string[];
  /** What tasks come into and leave again; each is started and closed a day late. */
  readonly sprints?: readonly { readonly id: string; readonly startsOn: string; readonly endsOn: string }[];
}

const historyStatuses = ["backlog", "todo", "in_progress", "in_progress", "done", "cancelled"] as const;

/**
 * A project's changes over some time, as its feed would tell them: tasks are created, estimated, assigned, moved back
 * and forth, put aside, trashed and restored, and once in a while a status gets another category.
 */
export function generateHistory(options: HistoryOptions): StoredChange[] {
  const { organizationId, projectId, days, people, sprints = [] } = options;
  const random = seeded(options.seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const since = options.since.getTime();
  const spanMs = days * 86_400_000;
  const statusIds = historyStatuses.map(() => v7());
  type Event = {
    at: number;
    entity: string;
    id: string;
    op: StoredChange["op"];
    type: string;
    patch: Record<string, unknown>;
  };
  const events: Event[] = statusIds.map((id, at) => ({
    ...{ at: since, entity: "status", id, op: "create", type: "status.created" },
    patch: { id, organizationId, projectId, name: `Status ${at}`, category: historyStatuses[at], rank: `a${at}` },
  }));
  const dayAt = (at: number) => new Date(at).toISOString().slice(0, 10);

  for (let number = 1; number <= options.tasks; number += 1) {
    const id = v7();
    let at = since + 1_000 + Math.floor(random() * spanMs * 0.95);
    const task = (op: StoredChange["op"], type: string, patch: Record<string, unknown>) =>
      void events.push({ at, entity: "task", id, op, type, patch });
    const due = () => (random() < 0.4 ? dayAt(at + random() * 30 * 86_400_000) : null);
    const view: Record<string, unknown> = {
      ...{ id, organizationId, projectId, key: `GEN-${number}`, number, title: `Task ${number}`, archivedAt: null },
      ...{ sprintId: null, milestoneId: null, createdAt: new Date(at).toISOString(), dueOn: due() },
      statusId: statusIds[random() < 0.5 ? 0 : 1],
      estimateMinutes: random() < 0.7 ? Math.ceil(random() * 16) * 30 : null,
      assigneeIds: random() < 0.5 ? [pick(people)] : [],
      ...(sprints.length > 0 ? { sprintId: pick(sprints).id } : {}),
    };
    task("create", "task.created", { ...view });
    const change = (type: string, patch: Record<string, unknown>) => {
      Object.assign(view, patch);
      task("update", type, patch);
    };
    const steps = Math.floor(random() * 7);
    let isGone = false;
    for (let step = 0; step < steps; step += 1) {
      at += Math.floor(random() ** 3 * 20 * 86_400_000) + 1;
      if (at > since + spanMs) break;
      if (sprints.length > 0 && !isGone && random() < 0.4)
        change("task.updated", { sprintId: random() < 0.3 ? null : pick(sprints).id });
      const what = random();
      if (isGone) {
        task("create", "task.restored", { ...view });
        isGone = false;
      } else if (what < 0.6) {
        const to = Math.min(statusIds.length - 1, step + 1 + Math.floor(random() * 2) - (random() < 0.15 ? 2 : 0));
        change("task.moved", { statusId: statusIds[Math.max(0, to)] });
      } else if (what < 0.7) change("task.updated", { estimateMinutes: Math.ceil(random() * 16) * 30 });
      else if (what < 0.8) change("task.assigned", { assigneeIds: [pick(people), pick(people)].sort() });
      else if (what < 0.85) change("task.updated", { dueOn: due() });
      else if (what < 0.9) change("task.updated", { title: `Task ${number}, ${step}` });
      else if (what < 0.95)
        change("task.archived", { archivedAt: view["archivedAt"] ? null : new Date(at).toISOString() });
      else {
        task("delete", "task.trashed", {});
        isGone = true;
      }
    }
  }
  for (const [turn, category] of (["done", "in_progress"] satisfies Category[]).entries()) {
    const at = since + Math.floor((spanMs * (turn + 1)) / 3);
    events.push({
      ...{ at, entity: "status", id: statusIds[3] as string, op: "update" },
      type: "status.updated",
      patch: { category },
    });
  }
  for (const { id, startsOn, endsOn } of sprints) {
    const sprint = (type: string, day: string, patch: (at: string) => Record<string, unknown>) => {
      const at = Date.parse(day) + 1.5 * 86_400_000;
      events.push({ at, entity: "sprint", id, op: "update", type, patch: patch(new Date(at).toISOString()) });
    };
    sprint("sprint.started", startsOn, (startedAt) => ({ state: "active", startedAt }));
    sprint("sprint.closed", endsOn, (closedAt) => ({ state: "closed", closedAt }));
  }
  events.sort((one, other) => one.at - other.at);
  return events.map(({ at, entity, id, op, type, patch }, index) => ({
    ...{ channel: `project:${projectId}` as Channel, seq: index + 1, id: v7(), at: new Date(at).toISOString() },
    ...{ actorId: null, type, entity, op, entityId: id, patch, revokes: null },
  }));
}

/** Puts changes behind those that a channel has. */
export async function writeHistory(sql: Sql, channel: Channel, history: readonly StoredChange[]): Promise<void> {
  const head = (await readHeads(sql, [channel])).get(channel)?.seq ?? 0;
  await sql.query(
    `insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch)
    select $1, $2 + c.seq, c.id, c.at, null, c.type, c.entity, c.op, c."entityId", c.patch
    from json_to_recordset($3) c (seq bigint, id uuid, at timestamptz, type text, entity text, op text, "entityId" uuid, patch json)`,
    [channel, head, JSON.stringify(history)],
  );
  await sql.query(
    `insert into feed.heads (channel, seq) values ($1, $2) on conflict (channel) do update set seq = excluded.seq`,
    [channel, head + history.length],
  );
}
