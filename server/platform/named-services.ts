/** The nine services that logs, metrics and health checks speak of, by the first segment of a procedure's path. */
const services: Readonly<Record<string, string>> = {
  auth: "auth-service",
  identities: "auth-service",
  totp: "auth-service",
  apiTokens: "auth-service",
  audit: "auth-service",
  users: "user-service",
  organizations: "user-service",
  teams: "user-service",
  members: "user-service",
  roles: "user-service",
  serviceAccounts: "auth-service",
  invitations: "user-service",
  projects: "project-service",
  projectMembers: "project-service",
  statuses: "project-service",
  labels: "project-service",
  fields: "project-service",
  transitions: "project-service",
  sprints: "project-service",
  milestones: "project-service",
  templates: "project-service",
  tasks: "task-service",
  taskLinks: "task-service",
  recurrences: "task-service",
  reminders: "task-service",
  views: "task-service",
  watches: "task-service",
  activities: "time-service",
  rates: "time-service",
  timeEntries: "time-service",
  timeReports: "time-service",
  timers: "time-service",
  timeSettings: "time-service",
  timesheets: "time-service",
  files: "file-service",
  fileVersions: "file-service",
  uploads: "file-service",
  shareLinks: "file-service",
  comments: "comment-service",
  notifications: "notification-service",
  pushSubscriptions: "notification-service",
  notificationPreferences: "notification-service",
  watchLevels: "notification-service",
  analytics: "analytics-service",
};

export const serviceNames: readonly string[] = [...new Set(Object.values(services))];

/** @param path of a procedure: `tasks.move` */
export function serviceOf(path: string): string {
  const end = path.indexOf(".");
  return services[end < 0 ? path : path.slice(0, end)] ?? "taskwire";
}
