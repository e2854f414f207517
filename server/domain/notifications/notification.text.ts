import type { NotificationEvent } from "./event.matrix.ts";
import type { NotificationView } from "./notification.view.ts";

type Told = Pick<NotificationView, "event" | "taskKey" | "title" | "count" | "actorNames" | "details">;

/** `Ada`, `Ada and Grace`, `Ada, Grace and 3 others`. */
function who({ actorNames, count }: Told): string {
  const [first = "Somebody", second] = actorNames;
  const others = Math.min(count, Math.max(actorNames.length, 1)) - 2;
  if (!second) return first;
  if (others <= 0) return `${first} and ${second}`;
  return `${first}, ${second} and ${others === 1 ? "one other" : `${others} others`}`;
}

const times = (count: number, once: string, often: (count: number) => string) => (count === 1 ? once : often(count));
const role = ({ details }: Told) => details["role"] ?? "member";

/** Each event in a sentence; what it is about stands beside it. */
const sentences: Readonly<Record<NotificationEvent, (told: Told) => string>> = {
  assigned: (told) => `${who(told)} assigned you`,
  mentioned: (told) => `${who(told)} mentioned you${times(told.count, "", (n) => ` ${n} times`)}`,
  replied: (told) => `${who(told)} ${times(told.count, "replied", (n) => `wrote ${n} replies`)}`,
  commented: (told) => `${who(told)} ${times(told.count, "commented", (n) => `wrote ${n} comments`)}`,
  "task-created": (told) => `${who(told)} created a task`,
  "thread-resolved": (told) => `${who(told)} resolved ${times(told.count, "a thread", (n) => `${n} threads`)}`,
  "status-changed": (told) => {
    const { from, to } = told.details;
    return `${who(told)} moved it${from ? ` from ${from}` : ""}${to ? ` to ${to}` : ""}`;
  },
  "due-soon": ({ details }) => `Due on ${details["dueOn"] ?? "its day"}`,
  overdue: ({ details }) => `Was due on ${details["dueOn"] ?? "its day"}`,
  invited: (told) => `${who(told)} invited you`,
  "project-role": (told) => `${who(told)} made you ${role(told)}`,
  "timesheet-submitted": (told) => `${who(told)} submitted a timesheet`,
  "timesheet-returned": (told) => `${who(told)} returned your timesheet`,
  "reminder-due": () => "You asked to be reminded",
  "snooze-ended": () => "Back from snoozing",
};

/** What a notification says, for who reads it outside of the product. */
export function textOf(told: Told): { title: string; body: string } {
  const about = told.taskKey ? `${told.taskKey} ${told.title}` : told.title;
  return { title: about, body: sentences[told.event](told) };
}
