import { z } from "zod";

/** Ways by which somebody can be told. */
export const deliveryChannels = ["inApp", "mail", "push"] as const;
export type DeliveryChannel = (typeof deliveryChannels)[number];

/** At once, gathered to the full hour or once a day, or not at all. The inbox knows `instant` and `off` only. */
export const deliveryModes = ["instant", "hourly", "daily", "off"] as const;
export type DeliveryMode = (typeof deliveryModes)[number];

/** How much of a project, or of a task, somebody hears; each level includes those before it. */
export const watchLevels = ["nothing", "mentions", "participating", "all"] as const;
export type WatchLevel = (typeof watchLevels)[number];

interface EventProfile {
  /** What happened, for a settings page. */
  readonly summary: string;
  /** From which level on somebody hears of it, if it is addressed to them or about what they take part in. */
  readonly level: WatchLevel;
  /** Unless they want it otherwise. */
  readonly modes: Readonly<Record<DeliveryChannel, DeliveryMode>>;
}

const loud = { inApp: "instant", mail: "instant", push: "instant" } as const;
const calm = { inApp: "instant", mail: "hourly", push: "off" } as const;
const quiet = { inApp: "instant", mail: "off", push: "off" } as const;

/** Everything that people can be told, and how they are if they say nothing: the preference matrix's rows and defaults. */
export const eventMatrix = {
  assigned: { summary: "A task was assigned to you", level: "mentions", modes: loud },
  mentioned: { summary: "Somebody mentioned you", level: "mentions", modes: loud },
  replied: { summary: "A reply in a thread you take part in", level: "participating", modes: loud },
  commented: { summary: "A comment on a task you follow", level: "participating", modes: calm },
  "task-created": { summary: "A new task in a project you hear all of", level: "all", modes: quiet },
  "thread-resolved": { summary: "A thread you take part in was resolved", level: "participating", modes: quiet },
  "status-changed": { summary: "A task you follow changed its status", level: "participating", modes: quiet },
  "due-soon": { summary: "A task of yours is due tomorrow", level: "participating", modes: loud },
  overdue: { summary: "A task of yours is overdue", level: "participating", modes: loud },
  /** The invitation itself is a letter already. */
  invited: { summary: "You were invited to an organization", level: "mentions", modes: { ...loud, mail: "off" } },
  "project-role": {
    summary: "You were given a role in a project",
    level: "mentions",
    modes: { ...quiet, mail: "instant" },
  },
  "timesheet-submitted": { summary: "A timesheet waits for your approval", level: "mentions", modes: loud },
  "timesheet-returned": { summary: "Your timesheet was returned", level: "mentions", modes: loud },
  "reminder-due": { summary: "A reminder you set", level: "nothing", modes: loud },
  "snooze-ended": { summary: "Something you snoozed is back", level: "mentions", modes: { ...quiet, push: "instant" } },
} as const satisfies Record<string, EventProfile>;

export type NotificationEvent = keyof typeof eventMatrix;
export const notificationEvents = Object.keys(eventMatrix) as [NotificationEvent, ...NotificationEvent[]];
export const eventSchema = z.enum(notificationEvents);
