import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { denied } from "../../errors.ts";
import { requireScope } from "../scopes.ts";
import { managedProjects } from "../time/time.access.ts";
import type { Period } from "./period.ts";
import { projectFacts } from "./project-facts.ts";
import { accessScope, type Scope, type ScopeName } from "./scope.ts";
import { timeFacts } from "./time-facts.ts";

/** How much of a scope's time a figure holds: the domain of time decides, for totals as for single entries. */
export const heldTime = z
  .enum(["all", "partly", "own"])
  .describe("`all` of the scope's time; `partly`: others' in some of its projects only; `own`: the caller's alone");

/** A scope whose time the caller may read, as far as they may. */
export interface TimeScope extends Scope {
  /** Those of its projects in which they may read others' time. */
  readonly managedProjectIds: readonly string[];
  readonly holds: z.output<typeof heldTime>;
}

/**
 * The door to figures of time: that of all figures, and behind it one's own time, and others' in projects where one may
 * read it. No sum holds more, since a sum less one's own part would tell of the others.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export async function accessTimeScope(ctx: Ctx, name: ScopeName): Promise<TimeScope> {
  for (const needed of ["time.read-own", "analytics.read"]) requireScope(ctx.actor, needed);
  const scope = await accessScope(ctx, name);
  const managed = new Set(await managedProjects(ctx, scope.organizationId));
  const managedProjectIds = scope.projectIds.filter((id) => managed.has(id));
  const isSelf = scope.kind === "member" && scope.userIds?.[0] === ctx.actor.userId;
  if (scope.kind === "member" && !isSelf && managedProjectIds.length === 0) throw denied("time.read-others");
  const isAll = managedProjectIds.length === scope.projectIds.length;
  const holds = isSelf || managedProjectIds.length === 0 ? "own" : isAll ? "all" : "partly";
  return { ...scope, managedProjectIds, holds };
}

/** What decides a figure of time: the time, and the tasks and sprints that it was spent on. */
export const timeProjections = [projectFacts, timeFacts];

/* `$1` projects, `$2` a sprint or null, `$3` people or null, `$4` the caller, `$5` where they may read others' time,
 * `$6` and `$7` days, `$8` the time zone of the sprint's days. */

/** Whether the caller may read an entry `te`. */
export const readable = "te.project_id = any($1::uuid[]) and (te.user_id = $4 or te.project_id = any($5::uuid[]))";

/*
 * The first sprint that an entry's task was in on the entry's day or after it: time counts in one sprint only, and work
 * that came into a sprint when it had begun already counts from its beginning.
 */
const sprintOf = `(select x.sprint_id from (
    select s.sprint_id, s.began_at, s.began_seq from analytics.spans s
    where s.project_id = te.project_id and s.task_id = te.task_id and s.sprint_id is not null
      and s.ended_at > te.spent_on::timestamp at time zone $8
    union all
    select o.sprint_id, o.began_at, o.began_seq from analytics.tasks o
    where o.project_id = te.project_id and o.task_id = te.task_id and o.sprint_id is not null and o.category is not null
  ) x order by x.began_at, x.began_seq limit 1)`;

/* From the day that it was to begin or did, whichever came first, to that of its close; open, it has no end. */
const sprintDays = `exists (select from analytics.sprints l where l.project_id = any($1::uuid[]) and l.sprint_id = $2
    and te.spent_on >= least(l.starts_on, (l.started_at at time zone $8)::date)
    and te.spent_on <= coalesce((l.closed_at at time zone $8)::date, 'infinity'))`;

/** Entries `te` of a scope's time, from `$6` to `$7`. */
export const ofTime = `${readable} and te.spent_on between $6 and $7 and ($3::uuid[] is null or te.user_id = any($3))
  and ($8::text is not null) and ($2::uuid is null or (te.task_id is not null and ${sprintDays} and ${sprintOf} = $2))`;

export const timeValues = (scope: TimeScope, caller: string, { from, to, timeZone }: Period): unknown[] => [
  ...[scope.projectIds, scope.sprint?.id ?? null, scope.userIds, caller, scope.managedProjectIds],
  ...[from, to, timeZone],
];
