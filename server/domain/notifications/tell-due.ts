import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { tellPeople } from "./tell-people.ts";

/** From this hour of a person's day on. */
const morning = 9;
/** After a downtime of more days than this, nobody is told of what was overdue meanwhile. */
const lateDays = 3;

/*
 * Per person, in their time zone: the day before from the morning on, and the day itself for what got its date that
 * late; then the mornings after. Who was told of this date is not told again. Who is assigned hears it, and where nobody
 * is, who watches.
 */
const dueStatement = statement(
  "notification.due",
  `with due as (
    select t.id, t.organization_id, t.due_on from tasks.tasks t
    join projects.projects p on p.id = t.project_id and p.archived_at is null
    where t.due_on between ($1::timestamptz at time zone 'UTC')::date - ${lateDays + 1} and ($1::timestamptz at time zone 'UTC')::date + 2
      and t.completed_at is null and t.deleted_at is null and t.archived_at is null
  ), concerned as (
    select due.*, a.user_id from due join tasks.task_assignees a on a.task_id = due.id
    union all
    select due.*, w.user_id from due join tasks.watches w on w.task_id = due.id
    where not exists (select from tasks.task_assignees a where a.task_id = due.id)
  ), local as (
    select concerned.*, $1::timestamptz at time zone u.time_zone as now from concerned join auth.users u on u.id = concerned.user_id
  ), owed as (
    select id, due_on, user_id, case when now::date > due_on then 'overdue' else 'due-soon' end as event from local
    where extract(hour from now) >= ${morning} and now::date between due_on - 1 and due_on + ${lateDays}
  )
  select id as "taskId", due_on as "dueOn", event, array_agg(user_id order by user_id) as "userIds" from owed
  where not exists (select from notifications.due_told told
    where told.task_id = owed.id and told.user_id = owed.user_id and told.event = owed.event and told.due_on = owed.due_on)
  group by id, due_on, event order by due_on, id limit 1000`,
);
interface Due {
  taskId: string;
  dueOn: string;
  event: "due-soon" | "overdue";
  userIds: string[];
}

const toldStatement = statement(
  "notification.due-told",
  `insert into notifications.due_told (organization_id, task_id, user_id, event, due_on, told_at)
  select t.organization_id, t.id, w.user_id, $3, $4, $5 from tasks.tasks t cross join unnest($2::uuid[]) as w (user_id)
  where t.id = $1 and t.due_on = $4::date and t.completed_at is null order by w.user_id
  on conflict do nothing returning user_id as "userId"`,
);

/** Reminds people of tasks that are due soon, or were due: once per person and date. @param now the instant to look from */
export async function tellDue(ctx: PublicCtx, now: Date): Promise<void> {
  for (;;) {
    const due = await ctx.sql.query<Due>(dueStatement, [now]);
    for (const one of due) await tellOne(ctx, one, now);
    if (due.length < 1_000) return;
  }
}

const tellOne = (ctx: PublicCtx, { taskId, dueOn, event, userIds }: Due, now: Date): Promise<void> =>
  inTransaction(ctx, async (ctx) => {
    const told = await ctx.sql.query<{ userId: string }>(toldStatement, [taskId, userIds, event, dueOn, ctx.now]);
    const people = told.map(({ userId }) => userId);
    if (people.length === 0) return; // another node did, or the task changed meanwhile
    await tellPeople(ctx, {
      subject: { id: taskId, taskId },
      actorId: null,
      ways: [{ event, to: "named", people: () => people }],
      change: null,
      at: now.toISOString(),
      details: () => ({ dueOn }),
    });
  });
