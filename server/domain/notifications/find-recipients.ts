import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { projectRoleSql } from "../projects/project.access.ts";
import { decidesOnSheetSql } from "../time/timesheet.access.ts";
import type { WatchLevel } from "./event.matrix.ts";
import type { Group, Subject } from "./event.rules.ts";
import type { Modes } from "./preference.view.ts";

/** Who shall be looked at. */
export interface Audience {
  /** Nobody is told of their own act. */
  readonly actorId: string | null;
  readonly named: readonly string[];
  readonly groups: ReadonlySet<Group>;
  /** When it happened: who came to follow it later is not told. */
  readonly at: string;
}

/** Somebody around a subject who may see it, and what they wish. */
export interface Recipient {
  readonly userId: string;
  /** They watch the task, or it is assigned to them. */
  readonly follows: boolean;
  /** They wrote in the thread. */
  readonly inThread: boolean;
  readonly isInvitee: boolean;
  readonly isSheetOwner: boolean;
  readonly isApprover: boolean;
  /** The task is theirs now. */
  readonly isAssignee: boolean;
  /** When the comment named them first. */
  readonly namedAt: string | null;
  readonly level: WatchLevel;
  readonly muted: boolean;
  readonly personal: Modes | null;
  readonly organization: Modes | null;
  readonly project: Modes | null;
  readonly timeZone: string;
  readonly workingDays: number[];
  readonly quietFrom: string | null;
  readonly quietTo: string | null;
  readonly holdDaysOff: boolean;
  readonly digestHour: number;
}

/** `$1` task, `$2` project, `$3` organization, `$4` comment. */
const placeJoins = `
  (values ($1::uuid, $2::uuid, $3::uuid, $4::uuid)) asked (task_id, project_id, organization_id, comment_id)
  left join tasks.tasks t on t.id = asked.task_id
  left join projects.projects p on p.id = coalesce(t.project_id, asked.project_id)
  join organizations.organizations o on o.id = coalesce(p.organization_id, asked.organization_id)
  left join comments.comments c on c.id = asked.comment_id and c.task_id = t.id`;
/** What is in the trash, taken back or gone is nobody's news. */
const isThere = `(asked.task_id is null or t.deleted_at is null and t.id is not null)
  and (asked.project_id is null or p.id is not null)
  and (asked.comment_id is null or c.deleted_at is null and c.id is not null)`;

/** What must be known of a person `u` in the place of `placeJoins`. */
export const wishesColumns = `coalesce(wl.level, 'participating') as level, tm.id is not null as muted,
  ns.modes as personal, npo.modes as organization, npp.modes as project, u.time_zone as "timeZone", u.working_days as "workingDays",
  to_char(ns.quiet_from, 'HH24:MI') as "quietFrom", to_char(ns.quiet_to, 'HH24:MI') as "quietTo",
  coalesce(ns.hold_days_off, false) as "holdDaysOff", coalesce(ns.digest_hour, 9) as "digestHour"`;
/** Of a person `u`, by expressions for organization, project and task. */
export const wishesJoins = (organization: string, project: string, task: string) => `
  left join notifications.settings ns on ns.id = u.id
  left join notifications.preferences npo on npo.user_id = u.id and npo.organization_id = ${organization} and npo.project_id is null
  left join notifications.preferences npp on npp.user_id = u.id and npp.organization_id = ${organization} and npp.project_id = ${project}
  left join notifications.watch_levels wl on wl.project_id = ${project} and wl.user_id = u.id
  left join notifications.task_mutes tm on tm.task_id = ${task} and tm.user_id = u.id`;

/** @param more who else is around the subject: selects of the columns of `found` */
const recipientsSql = (more = ""): string =>
  `with around as materialized (
    select id, bool_or(follows) as follows, bool_or(in_thread) as in_thread, bool_or(is_invitee) as is_invitee,
      bool_or(is_owner) as is_owner, bool_or(is_approver) as is_approver from (
      select id, false as follows, false as in_thread, false as is_invitee, false as is_owner, false as is_approver from unnest($6::uuid[]) id
      union all select w.user_id, true, false, false, false, false from tasks.watches w where $7 and w.task_id = $1 and w.created_at <= $11::timestamptz
      union all select a.user_id, true, false, false, false, false from tasks.task_assignees a where $7 and a.task_id = $1 and a.created_at <= $11
      union all select author.author_id, false, true, false, false, false from comments.comments author
        join comments.comments said on said.id = $4 where $8
          and author.deleted_at is null and author.created_at <= $11 and coalesce(author.thread_id, author.id) = coalesce(said.thread_id, said.id) and author.task_id = $1
      union all select l.user_id, false, false, false, false, false from notifications.watch_levels l
        where $9 and l.level = 'all' and l.updated_at <= $11 and l.project_id = coalesce($2, (select project_id from tasks.tasks where id = $1))
      union all select u.id, false, false, true, false, false from organizations.invitations i join auth.users u on u.email = i.email where i.id = $10
      ${more}
    ) found group by id
  )
  select u.id as "userId", around.follows, around.in_thread as "inThread", around.is_invitee as "isInvitee",
    around.is_owner as "isSheetOwner", around.is_approver as "isApprover",
    exists (select from tasks.task_assignees mine where mine.task_id = t.id and mine.user_id = u.id) as "isAssignee",
    mn.created_at as "namedAt", ${wishesColumns}
  from ${placeJoins}
  cross join around
  join auth.users u on u.id = around.id and u.disabled_at is null and u.kind = 'person'
  left join organizations.members m on m.organization_id = o.id and m.user_id = u.id
  left join comments.mentions mn on mn.comment_id = c.id and mn.user_id = u.id
  ${wishesJoins("o.id", "p.id", "t.id")}
  where u.id is distinct from $5::uuid and ${isThere}
    and (around.is_invitee and m.id is null or m.id is not null and (p.id is null or ${projectRoleSql("p", "u.id")} > 0))
    and (not coalesce(c.internal, false) or m.role <> 'guest')
  order by u.id`;
const recipientsStatement = statement("notification.recipients", recipientsSql());
/* By itself, since planning it costs a third of what a worker gets through, and sheets are rare. */
const sheetRecipientsStatement = statement(
  "notification.sheet-recipients",
  recipientsSql(`union all select ts.user_id, false, false, false, true, false from time.timesheets ts where $12 and ts.id = $14
      union all select ap.user_id, false, false, false, false, true from organizations.members ap
        where $13 and ap.organization_id = $3 and ${decidesOnSheetSql("$14", "ap")}`),
);

/** The people around a subject who may see it now: all of them with one statement. */
export const findRecipients = (ctx: PublicCtx, subject: Subject, audience: Audience): Promise<Recipient[]> => {
  const { groups } = audience;
  const values = [
    ...placeOf(subject),
    audience.actorId,
    audience.named,
    groups.has("followers"),
    groups.has("thread"),
    groups.has("followers") || groups.has("listeners"),
    groups.has("invitee") ? (subject.invitationId ?? null) : null,
    audience.at,
  ];
  if (!subject.timesheetId) return ctx.sql.query<Recipient>(recipientsStatement, values);
  return ctx.sql.query<Recipient>(sheetRecipientsStatement, [
    ...values,
    groups.has("sheetOwner"),
    groups.has("approvers"),
    subject.timesheetId,
  ]);
};

const placeOf = ({ taskId, projectId, organizationId, commentId }: Subject) => [
  taskId ?? null,
  projectId ?? null,
  organizationId ?? null,
  commentId ?? null,
];

/** What a notification says of its subject. */
export interface Place {
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly taskKey: string | null;
  readonly title: string;
  readonly internal: boolean;
  readonly commentHtml: string | null;
  readonly actorName: string | null;
  readonly statusNames: Record<string, string> | null;
  /** The first day of the timesheet. */
  readonly startsOn: string | null;
}

const placeStatement = statement(
  "notification.place",
  `select o.id as "organizationId", p.id as "projectId", t.key as "taskKey", coalesce(t.title, p.name, o.name) as title,
    coalesce(c.internal, false) as internal, left(c.html, 2000) as "commentHtml",
    (select name from auth.users where id = $5) as "actorName",
    case when $6 then (select json_object_agg(s.id, s.name) from projects.statuses s where s.project_id = p.id) end as "statusNames",
    (select ts.starts_on from time.timesheets ts where ts.id = $7) as "startsOn"
  from ${placeJoins} where ${isThere}`,
);

/** What there is to say of a subject; null when it is gone, taken back or in the trash. */
export async function findPlace(
  ctx: PublicCtx,
  subject: Subject,
  { actorId, withStatuses }: { actorId: string | null; withStatuses: boolean },
): Promise<Place | null> {
  const [place] = await ctx.sql.query<Place>(placeStatement, [
    ...placeOf(subject),
    actorId,
    withStatuses,
    subject.timesheetId ?? null,
  ]);
  return place ?? null;
}
