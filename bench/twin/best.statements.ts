import { projectRoleSql } from "../../server/domain/projects/project.access.ts";
import { roleRights } from "../../server/domain/rights.ts";
import { taskColumns } from "../../server/domain/tasks/task.view.ts";
import { watchColumns } from "../../server/domain/tasks/task-link.view.ts";
import { boardParts } from "./board.ts";

/** The answer of an earlier request with the same mutationId stops everything that follows it. */
const earlier = (actor: string, mutation: string) =>
  `earlier as materialized (select request_hash, result from feed.mutations where actor_id = ${actor}::uuid and mutation_id = ${mutation}::uuid)`;

/**
 * Heads, changes and the answer, for the one row of `view`.
 *
 * @param facts rows of (channel, id, type, entity, op, entity_id, patch, before)
 */
const append = (p: { actor: string; mutation: string; hash: string }, facts: string) => `
  facts (channel, id, type, entity, op, entity_id, patch, before) as (${facts}), head as (
    insert into feed.heads (channel, seq) select channel, 1 from facts order by channel collate "C"
    on conflict (channel) do update set seq = heads.seq + 1 returning channel, seq
  ), answer as (
    insert into feed.mutations (actor_id, mutation_id, request_hash, result)
    select ${p.actor}, ${p.mutation}, ${p.hash}, row_to_json(view) from view where ${p.mutation}::uuid is not null
  ), change as (
    insert into feed.changes (channel, seq, id, at, actor_id, type, entity, op, entity_id, patch, before, mutation_id)
    select f.channel, head.seq, f.id, date_trunc('milliseconds', clock_timestamp()), ${p.actor}::uuid, f.type, f.entity, f.op, f.entity_id,
      f.patch, f.before, ${p.mutation}::uuid
    from facts f join head using (channel)
    returning channel, seq, id, at, actor_id as "actorId", type, entity, op, entity_id as "entityId", patch, mutation_id as "mutationId"
  ), told as (select json_agg(change) as changes from change)`;

const create = `
with ${earlier("$7", "$8")}, caller as (
  select p.id, p.organization_id, p.key, p.archived_at, ${projectRoleSql("p", "$7")} as role from projects.projects p where p.id = $1
), place as (
  select s.id, s.category, s.wip_limit,
    case when s.wip_limit is not null then
      (select count(*) from tasks.tasks c where c.status_id = s.id and c.deleted_at is null and c.archived_at is null) end as taken,
    (select n.rank from tasks.tasks n where n.status_id = s.id and n.deleted_at is null order by n.rank desc, n.id desc limit 1) as last
  from projects.statuses s where s.id = $2 and s.project_id = $1 for no key update
), counted as (
  update tasks.counters c set last_number = last_number + 1 from caller, place
  where c.project_id = caller.id and caller.role >= ${roleRights.editor} and caller.archived_at is null
    and (place.wip_limit is null or place.taken < place.wip_limit) and not exists (select from earlier)
  returning c.last_number as number
), saved as (
  insert into tasks.tasks as t (id, organization_id, project_id, number, key, title, description, status_id, rank, priority, completed_at,
    created_by_id, created_at, updated_at)
  select $3, caller.organization_id, caller.id, number, caller.key || '-' || number, $4, $5, place.id,
    lpad(to_hex(coalesce(('x' || place.last)::bit(64)::bigint + 1099511627776, 1152921504606846976)), 16, '0'), 'none',
    case when place.category in ('done', 'cancelled') then $6::timestamptz end, $7, $6, $6
  from counted, caller, place returning t.*
), watch as (
  insert into tasks.watches as w (id, organization_id, project_id, task_id, user_id, created_at)
  select $11::uuid, organization_id, project_id, id, created_by_id, created_at from saved returning ${watchColumns}
), view as (select ${taskColumns} from saved t),
${append(
  { actor: "$7", mutation: "$8", hash: "$9" },
  `select 'project:' || "projectId", $10::uuid, 'task.created', 'task', 'create', id, row_to_json(view), null::json from view
  union all select 'user:' || "userId", $12::uuid, 'task.watched', 'watch', 'create', id, row_to_json(watch), null::json from watch`,
)}
select caller.role, caller.archived_at as "archivedAt", place.id as place, earlier.request_hash as "earlierHash", earlier.result as "earlierResult",
  view.*, told.changes
from (select) as one left join caller on true left join place on true left join earlier on true left join view on true left join told on true`;

/** Whose task it is and what it was. */
const seen = (user: string) => `seen as (
    select t.id, t.project_id, t.version, t.deleted_at, p.archived_at, ${projectRoleSql("p", user)} as role
    from tasks.tasks t join projects.projects p on p.id = t.project_id where t.id = $1
  )`;
const allowed = (
  version: string,
) => `t.id = seen.id and seen.role >= ${roleRights.editor} and seen.archived_at is null and t.deleted_at is null
    and (${version}::int is null or t.version = ${version}::int) and not exists (select from earlier)`;
const told = `seen.role, seen.archived_at as "archivedAt", seen.deleted_at as "trashedAt", earlier.request_hash as "earlierHash",
  earlier.result as "earlierResult", view.*, told.changes`;
const outcome = `from (select) as one left join seen on true left join earlier on true left join view on true left join told on true`;

const rename = `
with ${earlier("$5", "$6")}, ${seen("$5")}, saved as (
  update tasks.tasks t set title = $2, updated_at = $3, version = t.version + 1 from seen where ${allowed("$4")}
  returning t.*, old.title as old_title
), view as (select ${taskColumns} from saved t),
${append(
  { actor: "$5", mutation: "$6", hash: "$7" },
  `select 'project:' || view."projectId", $8::uuid, 'task.updated', 'task', 'update', view.id,
    json_build_object('title', view.title, 'updatedAt', view."updatedAt", 'version', view.version), json_build_object('title', saved.old_title)
  from view, saved`,
)}
select ${told} ${outcome}`;

const origin = "1152921504606846976"; // the rank of a list's first task, as in rank.ts
const stepSize = "1099511627776";
const number = (rank: string) => `('x' || ${rank})::bit(64)::bigint`;

const move = `
with ${earlier("$6", "$7")}, ${seen("$6")}, place as (
  select s.id, s.project_id, s.category, s.wip_limit, a.id as after_id, ${number("a.rank")} as low,
    case when s.wip_limit is not null then
      (select count(*) from tasks.tasks c where c.status_id = s.id and c.deleted_at is null and c.archived_at is null and c.id <> $1) end as taken,
    ${number(`(select n.rank from tasks.tasks n where n.status_id = s.id and n.deleted_at is null and n.id <> $1
      and (n.rank, n.id) > (coalesce(a.rank, ''), coalesce(a.id, '00000000-0000-0000-0000-000000000000')) order by n.rank, n.id limit 1)`)} as high
  from projects.statuses s
  left join tasks.tasks a on a.id = $3 and a.status_id = s.id and a.deleted_at is null and a.id <> $1
  where s.id = $2 for no key update of s
), gap as (
  select *, case when low is null and high is null then ${origin} when low is null then high - ${stepSize} when high is null then low + ${stepSize}
    when high - low > 1 then low + (high - low) / 2 end as rank
  from place where ($3::uuid is null or after_id is not null) and (wip_limit is null or taken < wip_limit)
), saved as (
  update tasks.tasks t set status_id = gap.id, rank = lpad(to_hex(gap.rank), 16, '0'), updated_at = $4, version = t.version + 1,
    completed_at = case when gap.category in ('done', 'cancelled') then coalesce(t.completed_at, $4) end
  from seen, gap where ${allowed("$5")} and gap.project_id = seen.project_id and gap.rank is not null
  returning t.*, old.status_id as old_status_id, old.rank as old_rank, old.completed_at as old_completed_at
), view as (select ${taskColumns} from saved t),
${append(
  { actor: "$6", mutation: "$7", hash: "$8" },
  `select 'project:' || view."projectId", $9::uuid, 'task.moved', 'task', 'update', view.id,
    json_build_object('statusId', view."statusId", 'rank', view.rank, 'completedAt', view."completedAt", 'updatedAt', view."updatedAt",
      'version', view.version),
    json_build_object('statusId', saved.old_status_id, 'rank', saved.old_rank, 'completedAt', saved.old_completed_at)
  from view, saved`,
)}
select ${told}, gap.id as place, gap.id is not null and gap.rank is null as crowded ${outcome} left join gap on true`;

const rows = ([entity, text]: [string, string]) => `'${entity}', (select coalesce(json_agg(r), '[]') from (${text}) r)`;

/** The board as text, made by the database; null for somebody who may not read it. */
export const board = `
select json_build_object('epoch', (select epoch from feed.life), 'channel', 'project:' || $1::text,
  'seq', coalesce((select seq from feed.heads where channel = 'project:' || $1::text), 0),
  'entities', json_build_object(${Object.entries(boardParts)
    .map(rows)
    .join(", ")
    .replaceAll("$1", "$1::uuid")}))::text as board
from projects.projects p where p.id = $1::uuid and ${projectRoleSql("p", "$2::uuid")} > 0`;

export const mutations = { create, rename, move } as const;
