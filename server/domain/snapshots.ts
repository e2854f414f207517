import { hash } from "node:crypto";
import manifest from "../../package.json" with { type: "json" };
import type { Ctx } from "../context.ts";
import { type Channel, type ChannelKind, readPosition } from "../platform/feed.ts";
import type { KeptJson } from "../platform/kept-json.ts";
import { observeCache } from "../platform/metrics.ts";
import { markReady } from "../platform/ready-answers.ts";
import { type Sql, type Statement, statement } from "../platform/sql.ts";
import { inSnapshot } from "../transaction.ts";
import {
  projectDayColumns,
  projectFiguresColumns,
  projectTimeColumns,
  projectTimeDayColumns,
} from "./analytics/dashboard.view.ts";
import { apiTokenColumns } from "./auth/api-token.view.ts";
import { sessionColumns, userColumns } from "./auth/auth.view.ts";
import { identityColumns } from "./auth/identity.view.ts";
import { accessChannel, type ChannelName, parseChannel } from "./channels.ts";
import { commentColumns, mentionColumns, readPositionColumns } from "./comments/comment.view.ts";
import type { EntityName, EntityViews } from "./events.ts";
import { fileColumns, fileJoins, shareLinkColumns } from "./files/file.view.ts";
import { inInbox, notificationColumns } from "./notifications/notification.view.ts";
import {
  preferenceColumns,
  settingsColumns,
  taskMuteColumns,
  watchLevelColumns,
} from "./notifications/preference.view.ts";
import { pushSubscriptionColumns } from "./notifications/push-subscription.view.ts";
import {
  invitationColumns,
  memberColumns,
  membershipColumns,
  organizationColumns,
  roleColumns,
  teamColumns,
  teamMemberColumns,
} from "./organizations/organization.view.ts";
import { serviceAccountColumns } from "./organizations/service-account.view.ts";
import { projectAccessSql } from "./projects/project.queries.ts";
import { labelColumns, projectColumns, projectMemberColumns, statusColumns } from "./projects/project.view.ts";
import { templateColumns } from "./projects/template.view.ts";
import { fieldColumns, milestoneColumns, sprintColumns, transitionColumns } from "./projects/workflow.view.ts";
import { recurrenceColumns } from "./tasks/recurrence.view.ts";
import { reminderColumns } from "./tasks/reminder.view.ts";
import { savedViewColumns } from "./tasks/saved-view.view.ts";
import { boardColumns, boardJoins } from "./tasks/task.view.ts";
import { taskLinkColumns, watchColumns } from "./tasks/task-link.view.ts";
import {
  activityColumns,
  rateColumns,
  timeEntryColumns,
  timerColumns,
  timeSettingsColumns,
  timesheetColumns,
} from "./time/time.view.ts";

type Parts = Partial<Record<EntityName, Statement>>;

/** What a channel's snapshot holds: per entity, one statement whose rows are its views. `$1` is the audience's id. */
const snapshots: Record<ChannelKind, Parts> = {
  user: {
    user: statement("snapshot.user", `select ${userColumns} from auth.users u where u.id = $1`),
    session: statement("snapshot.sessions", `select ${sessionColumns} from auth.sessions s where s.user_id = $1`),
    identity: statement("snapshot.identities", `select ${identityColumns} from auth.identities i where i.user_id = $1`),
    apiToken: statement("snapshot.api-tokens", `select ${apiTokenColumns} from auth.api_tokens t where t.user_id = $1`),
    membership: statement(
      "snapshot.memberships",
      `select ${membershipColumns} from organizations.members m join organizations.organizations o on o.id = m.organization_id where m.user_id = $1`,
    ),
    projectAccess: statement("snapshot.project-access", projectAccessSql("m.user_id = $1")),
    watch: statement("snapshot.watches", `select ${watchColumns} from tasks.watches w where w.user_id = $1`),
    reminder: statement(
      "snapshot.reminders",
      `select ${reminderColumns} from tasks.reminders rm where rm.user_id = $1`,
    ),
    savedView: statement(
      "snapshot.own-views",
      `select ${savedViewColumns} from tasks.views sv where sv.owner_id = $1 and not sv.is_shared`,
    ),
    mention: statement("snapshot.mentions", `select ${mentionColumns} from comments.mentions mn where mn.user_id = $1`),
    readPosition: statement(
      "snapshot.read-positions",
      `select ${readPositionColumns} from comments.read_positions rp where rp.user_id = $1`,
    ),
    notification: statement(
      "snapshot.notifications",
      `select ${notificationColumns} from notifications.notifications n where n.user_id = $1 and ${inInbox}`,
    ),
    notificationSettings: statement(
      "snapshot.notification-settings",
      `select ${settingsColumns} from notifications.settings ns where ns.id = $1`,
    ),
    notificationPreference: statement(
      "snapshot.notification-preferences",
      `select ${preferenceColumns} from notifications.preferences np where np.user_id = $1`,
    ),
    pushSubscription: statement(
      "snapshot.push-subscriptions",
      `select ${pushSubscriptionColumns} from notifications.push_subscriptions ps where ps.user_id = $1`,
    ),
    watchLevel: statement(
      "snapshot.watch-levels",
      `select ${watchLevelColumns} from notifications.watch_levels wl where wl.user_id = $1`,
    ),
    taskMute: statement(
      "snapshot.task-mutes",
      `select ${taskMuteColumns} from notifications.task_mutes tm where tm.user_id = $1`,
    ),
    timer: statement("snapshot.timer", `select ${timerColumns} from time.timers tr where tr.user_id = $1`),
    timesheet: statement(
      "snapshot.own-timesheets",
      `select ${timesheetColumns} from time.timesheets ts where ts.user_id = $1 and ts.held and ts.state <> 'locked'`,
    ),
  },
  organization: {
    organization: statement(
      "snapshot.organization",
      `select ${organizationColumns} from organizations.organizations o where o.id = $1`,
    ),
    member: statement(
      "snapshot.members",
      `select ${memberColumns} from organizations.members m join auth.users u on u.id = m.user_id where m.organization_id = $1`,
    ),
    role: statement("snapshot.roles", `select ${roleColumns} from organizations.roles r where r.organization_id = $1`),
    template: statement(
      "snapshot.templates",
      `select ${templateColumns} from projects.templates tp where tp.organization_id = $1`,
    ),
    team: statement("snapshot.teams", `select ${teamColumns} from organizations.teams t where t.organization_id = $1`),
    teamMember: statement(
      "snapshot.team-members",
      `select ${teamMemberColumns} from organizations.team_members tm where tm.organization_id = $1`,
    ),
    project: statement(
      "snapshot.open-projects",
      `select ${projectColumns} from projects.projects p where p.organization_id = $1 and p.visibility = 'organization'`,
    ),
    file: statement(
      "snapshot.organization-files",
      `select ${fileColumns} from ${fileJoins} where f.organization_id = $1 and f.project_id is null`,
    ),
    shareLink: statement(
      "snapshot.organization-share-links",
      `select ${shareLinkColumns} from files.share_links sl where sl.organization_id = $1 and sl.project_id is null`,
    ),
    activity: statement(
      "snapshot.activities",
      `select ${activityColumns} from time.activities ta where ta.organization_id = $1`,
    ),
    timeSettings: statement(
      "snapshot.time-settings",
      `select ${timeSettingsColumns} from time.settings st where st.organization_id = $1`,
    ),
  },
  "organization-admins": {
    serviceAccount: statement(
      "snapshot.service-accounts",
      `select ${serviceAccountColumns} from organizations.service_accounts sa where sa.organization_id = $1`,
    ),
    invitation: statement(
      "snapshot.invitations",
      `select ${invitationColumns} from organizations.invitations i where i.organization_id = $1`,
    ),
    timesheet: statement(
      "snapshot.timesheets",
      `select ${timesheetColumns} from time.timesheets ts where ts.organization_id = $1 and ts.state <> 'locked'`,
    ),
  },
  project: {
    project: statement("snapshot.project", `select ${projectColumns} from projects.projects p where p.id = $1`),
    projectMember: statement(
      "snapshot.project-members",
      `select ${projectMemberColumns} from projects.project_members pm where pm.project_id = $1`,
    ),
    status: statement("snapshot.statuses", `select ${statusColumns} from projects.statuses s where s.project_id = $1`),
    label: statement("snapshot.labels", `select ${labelColumns} from projects.labels l where l.project_id = $1`),
    field: statement("snapshot.fields", `select ${fieldColumns} from projects.fields fd where fd.project_id = $1`),
    transition: statement(
      "snapshot.transitions",
      `select ${transitionColumns} from projects.transitions tr where tr.project_id = $1`,
    ),
    sprint: statement("snapshot.sprints", `select ${sprintColumns} from projects.sprints sp where sp.project_id = $1`),
    milestone: statement(
      "snapshot.milestones",
      `select ${milestoneColumns} from projects.milestones ms where ms.project_id = $1`,
    ),
    task: statement(
      "snapshot.tasks",
      `select ${boardColumns} from tasks.tasks t ${boardJoins} where t.project_id = $1 and t.deleted_at is null`,
    ),
    recurrence: statement(
      "snapshot.recurrences",
      `select ${recurrenceColumns} from tasks.recurrences rc where rc.project_id = $1`,
    ),
    savedView: statement(
      "snapshot.shared-views",
      `select ${savedViewColumns} from tasks.views sv where sv.project_id = $1 and sv.is_shared`,
    ),
    taskLink: statement(
      "snapshot.task-links",
      `select ${taskLinkColumns} from tasks.task_links k where k.project_id = $1`,
    ),
    file: statement(
      "snapshot.files",
      `select ${fileColumns} from ${fileJoins} where f.project_id = $1 and not f.internal`,
    ),
    shareLink: statement(
      "snapshot.share-links",
      `select ${shareLinkColumns} from files.share_links sl where sl.project_id = $1`,
    ),
  },
  /** What is locked left it, so that it stays small. */
  "project-time": {
    timeEntry: statement(
      "snapshot.time-entries-of-project",
      `select ${timeEntryColumns} from time.entries te where te.project_id = $1 and not te.settled`,
    ),
    timesheet: statement(
      "snapshot.timesheets-of-project",
      `select ${timesheetColumns} from time.timesheets ts where ts.project_ids @> array[$1::uuid] and ts.state <> 'locked'`,
    ),
  },
  timesheet: {
    timesheet: statement("snapshot.timesheet", `select ${timesheetColumns} from time.timesheets ts where ts.id = $1`),
    timeEntry: statement(
      "snapshot.time-entries",
      `select ${timeEntryColumns} from time.entries te where te.timesheet_id = $1`,
    ),
  },
  "organization-rates": {
    rate: statement("snapshot.rates", `select ${rateColumns} from time.rates tq where tq.organization_id = $1`),
  },
  task: {
    comment: statement(
      "snapshot.comments",
      `select ${commentColumns} from comments.comments c where c.task_id = $1 and not c.internal`,
    ),
  },
  "task-internal": {
    comment: statement(
      "snapshot.internal-comments",
      `select ${commentColumns} from comments.comments c where c.task_id = $1 and c.internal`,
    ),
    file: statement(
      "snapshot.internal-files",
      `select ${fileColumns} from ${fileJoins} where f.task_id = $1 and f.internal`,
    ),
  },
  dashboard: {
    projectFigures: statement(
      "snapshot.project-figures",
      `select ${projectFiguresColumns} from analytics.project_figures pf where pf.id = $1`,
    ),
    projectDay: statement(
      "snapshot.project-days",
      `select ${projectDayColumns} from analytics.project_days pd where pd.project_id = $1`,
    ),
  },
  "dashboard-time": {
    projectTime: statement(
      "snapshot.project-time",
      `select ${projectTimeColumns} from analytics.project_time pt where pt.id = $1`,
    ),
    projectTimeDay: statement(
      "snapshot.project-time-days",
      `select ${projectTimeDayColumns} from analytics.project_time_days ptd where ptd.project_id = $1`,
    ),
  },
};

/** Everything in a channel as of `seq`: with the changes after it, a copy that stays true. */
export interface Snapshot {
  epoch: string;
  channel: Channel;
  seq: number;
  entities: { [E in EntityName]?: EntityViews[E][] };
}

/** Those that many people read and that are large. By the law of the feed their position decides all that is in them. */
const keptKinds: ReadonlySet<ChannelKind> = new Set(["project", "organization"]);

/** Of each kind's statements: another release may shape the same rows otherwise. */
const shapes = new Map(
  [...keptKinds].map((kind) => {
    const texts = Object.entries(snapshots[kind]).map(([entity, { text }]) => [entity, text]);
    return [kind, hash("sha256", JSON.stringify([manifest.version, texts]), "base64url")];
  }),
);

/**
 * A channel's entities and the number of the last change they contain, read at one moment. What is kept is answered only
 * to who passes the door, and only at the number that was read together with it. Who holds the answer already
 * (`Origin.holds`) gets it without entities.
 *
 * @throws AppError `not-found`
 */
export async function takeSnapshot(ctx: Ctx, channel: string): Promise<Snapshot> {
  const taken = await inSnapshot(ctx, async (ctx) => {
    const [name, position] = await Promise.all([accessChannel(ctx, channel), readPosition(ctx.sql, channel)]);
    const { kind, id } = parseChannel(name) as ChannelName;
    const { epoch, seq, schema } = position;
    const head = { epoch, channel: name, seq };
    const compute = async (): Promise<Snapshot> => ({ ...head, entities: await readEntities(ctx.sql, kind, id) });

    const shape = shapes.get(kind);
    if (!shape) return compute();
    const version = [shape, schema, epoch, seq].join(" ");
    const validator = `${name} ${version}`;
    if (ctx.origin.holds?.(validator)) {
      observeCache("snapshot", "unchanged");
      return markReady<Snapshot>({ ...head, entities: {} }, { validator, json: null });
    }
    const { snapshots } = ctx.app;
    // Whoever waits for another's work does so outside, without a connection.
    const { json } = snapshots.find(name, version) ?? { json: await snapshots.make(name, version, compute) };
    return async () => readySnapshot(head, validator, await json);
  });
  return typeof taken === "function" ? taken() : taken;
}

async function readEntities(sql: Sql, kind: ChannelKind, id: string): Promise<Snapshot["entities"]> {
  const parts = Object.entries(snapshots[kind]);
  const rows = await Promise.all(parts.map(([, statement]) => sql.query(statement, [id])));
  return Object.fromEntries(parts.map(([entity], at) => [entity, rows[at]])) as Snapshot["entities"];
}

/** Its entities are read out of the text only if somebody asks for them. */
function readySnapshot(head: Omit<Snapshot, "entities">, validator: string, json: KeptJson): Snapshot {
  let parsed: Snapshot | undefined;
  const snapshot: Snapshot = {
    ...head,
    get entities() {
      parsed ??= JSON.parse(json.text.toString()) as Snapshot;
      return parsed.entities;
    },
  };
  return markReady(snapshot, { validator, json });
}
