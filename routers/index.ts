import "../server/domain/wiring.ts";
import { analytics } from "./analytics.ts";
import { apiTokens } from "./api-tokens.ts";
import { audit } from "./audit.ts";
import { auth } from "./auth.ts";
import { comments } from "./comments.ts";
import { fields } from "./fields.ts";
import { files, fileVersions, shareLinks, uploads } from "./files.ts";
import { identities } from "./identities.ts";
import { invitations } from "./invitations.ts";
import { labels } from "./labels.ts";
import { milestones } from "./milestones.ts";
import { notificationPreferences, notifications, watchLevels } from "./notifications.ts";
import { members, organizations } from "./organizations.ts";
import { projectMembers, projects } from "./projects.ts";
import { pushSubscriptions } from "./push-subscriptions.ts";
import { recurrences } from "./recurrences.ts";
import { reminders } from "./reminders.ts";
import { roles } from "./roles.ts";
import { serviceAccounts } from "./service-accounts.ts";
import { sprints } from "./sprints.ts";
import { statuses } from "./statuses.ts";
import { sync } from "./sync.ts";
import { taskLinks } from "./task-links.ts";
import { tasks } from "./tasks.ts";
import { teams } from "./teams.ts";
import { templates } from "./templates.ts";
import { timeEntries } from "./time-entries.ts";
import { timeReports } from "./time-reports.ts";
import { activities, rates, timeSettings } from "./time-rules.ts";
import { timers } from "./timers.ts";
import { timesheets } from "./timesheets.ts";
import { totp } from "./totp.ts";
import { transitions } from "./transitions.ts";
import { router } from "./trpc.ts";
import { users } from "./users.ts";
import { views } from "./views.ts";
import { watches } from "./watches.ts";

/** The one tree: every procedure of the product, typed end to end. */
export const appRouter = router({
  activities,
  apiTokens,
  audit,
  analytics,
  auth,
  comments,
  fields,
  files,
  fileVersions,
  identities,
  invitations,
  labels,
  members,
  notificationPreferences,
  notifications,
  milestones,
  organizations,
  projectMembers,
  projects,
  recurrences,
  reminders,
  pushSubscriptions,
  roles,
  rates,
  serviceAccounts,
  shareLinks,
  sprints,
  statuses,
  sync,
  taskLinks,
  tasks,
  teams,
  totp,
  templates,
  transitions,
  timeEntries,
  timeReports,
  timers,
  timeSettings,
  timesheets,
  uploads,
  users,
  views,
  watches,
  watchLevels,
});

export type AppRouter = typeof appRouter;
