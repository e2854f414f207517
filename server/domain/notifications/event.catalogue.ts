import { commentCreated, commentUpdated, threadResolved } from "../comments/comment.events.ts";
import { invitationCreated, invitationResent } from "../organizations/organization.events.ts";
import { projectAccessChanged, projectAccessGiven } from "../projects/project.events.ts";
import { reminderDue } from "../tasks/planning.events.ts";
import { taskAssigned, taskCreated, taskMoved, taskUpdated } from "../tasks/task.events.ts";
import { timesheetReturned, timesheetSubmitted } from "../time/time.events.ts";
import { type Before, type Details, type Rule, rule, type Subject, type Way } from "./event.rules.ts";

/** A change as these helpers see it. */
interface Seen {
  readonly channel: string;
  readonly entityId: string;
  readonly patch: { readonly [field: string]: unknown };
}

const channelId = ({ channel }: Seen) => channel.slice(channel.indexOf(":") + 1);
const idsIn = (values: Seen["patch"] | Before | null, field: string) =>
  (values?.[field] as readonly string[] | undefined) ?? [];
/** What a list has now and had not before. */
const addedTo = (field: string) => (change: Seen, before: Before | null) => {
  const old = idsIn(before, field);
  return idsIn(change.patch, field).filter((id) => !old.includes(id));
};

const aboutTask = ({ entityId }: Seen): Subject => ({ id: entityId, taskId: entityId });
/** In the channel of its task. */
const aboutComment = (change: Seen): Subject => {
  const taskId = channelId(change);
  return { id: taskId, taskId, commentId: change.entityId };
};
/** In the channel of who set it; the change carries the whole reminder. */
const aboutReminder = ({ patch }: Seen): Subject => {
  const taskId = patch["taskId"] as string;
  return { id: taskId, taskId };
};
const aboutProject = ({ entityId }: Seen): Subject => ({ id: entityId, projectId: entityId });
const aboutInvitation = (change: Seen): Subject => ({
  id: change.entityId,
  organizationId: channelId(change),
  invitationId: change.entityId,
});

/** On several channels at once; the admins' one tells the organization. */
const aboutTimesheet = (change: Seen): Subject => ({
  id: change.entityId,
  organizationId: channelId(change),
  timesheetId: change.entityId,
});
const toAdmins = ({ channel }: Seen) => channel.startsWith("organization-admins:");

const assigned: Way<Seen> = {
  event: "assigned",
  to: "named",
  people: addedTo("assigneeIds"),
  unless: (_, { isAssignee }) => !isAssignee, // taken back before it was told
};
const statusChanged: Way<Seen> = {
  event: "status-changed",
  to: "followers",
  when: ({ patch }) => patch["statusId"] !== undefined,
};
const statuses = (change: Seen, before: Before | null, names: Readonly<Record<string, string>>): Details => {
  const to = change.patch["statusId"] as string | undefined;
  const from = before?.["statusId"] as string | undefined;
  return to && from ? { from: names[from] ?? "", to: names[to] ?? "" } : {};
};
/** In the person's own channel. */
const roleGiven: Way<Seen> = {
  event: "project-role",
  to: "named",
  people: (change) => [channelId(change)],
  when: ({ patch }) => patch["role"] !== undefined,
};
const role = ({ patch }: Seen): Details => ({ role: String(patch["role"]) });

/**
 * Which changes people are told of, who of them, and as what. A line per change; a new one needs no more than that (and
 * its event in the matrix, `event.matrix.ts`).
 */
export const eventCatalogue: readonly Rule[] = [
  rule(taskCreated, aboutTask, [assigned, { event: "task-created", to: "listeners" }]),
  rule(taskAssigned, aboutTask, [assigned]),
  rule(taskUpdated, aboutTask, [assigned, statusChanged], statuses),
  rule(taskMoved, aboutTask, [statusChanged], statuses),
  rule(commentCreated, aboutComment, [
    { event: "mentioned", to: "named", people: ({ patch }) => patch.mentionedUserIds },
    { event: "replied", to: "thread", when: ({ patch }) => patch.threadId !== null },
    { event: "commented", to: "followers" },
  ]),
  rule(commentUpdated, aboutComment, [
    {
      event: "mentioned",
      to: "named",
      people: addedTo("mentionedUserIds"),
      unless: ({ patch }, { namedAt }) => namedAt !== patch.editedAt, // named before, and told then
    },
  ]),
  rule(threadResolved, aboutComment, [{ event: "thread-resolved", to: "thread" }]),
  rule(reminderDue, aboutReminder, [{ event: "reminder-due", to: "named", people: (change) => [channelId(change)] }]),
  rule(projectAccessGiven, aboutProject, [roleGiven], role),
  rule(projectAccessChanged, aboutProject, [roleGiven], role),
  rule(invitationCreated, aboutInvitation, [{ event: "invited", to: "invitee" }]),
  rule(invitationResent, aboutInvitation, [{ event: "invited", to: "invitee" }]),
  rule(timesheetSubmitted, aboutTimesheet, [{ event: "timesheet-submitted", to: "approvers", when: toAdmins }]),
  rule(timesheetReturned, aboutTimesheet, [{ event: "timesheet-returned", to: "sheetOwner", when: toAdmins }]),
];
