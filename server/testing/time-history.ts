import { v7 } from "uuid";
import { addDays } from "../domain/analytics/calendar.ts";
import type { Channel, StoredChange } from "../platform/feed.ts";
import { seeded } from "./history.ts";

export interface TimeHistoryOptions {
  readonly seed: number;
  readonly organizationId: string;
  readonly projectId: string;
  readonly people: readonly string[];
  readonly taskIds: readonly string[];
  readonly entries: number;
  /** The first day that time is spent on, and how many follow. */
  readonly from: string;
  readonly days: number;
}

/**
 * What a project's channel of time tells over the days: time is booked, corrected, moved to other days and tasks,
 * deleted, brought back from another project, and locked; between it, of sheets.
 */
export function generateTimeHistory(options: TimeHistoryOptions): StoredChange[] {
  const { organizationId, projectId, people, taskIds } = options;
  const random = seeded(options.seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const since = Date.parse(`${options.from}T00:00:00Z`);
  type Event = Pick<StoredChange, "type" | "entity" | "op" | "entityId" | "patch"> & { at: number };
  const events: Event[] = [];
  const someDay = () => addDays(options.from, Math.floor(random() * options.days));
  const someTask = () => (random() < 0.8 ? pick(taskIds) : null);
  const someMinutes = () => Math.ceil(random() * 480);

  for (let number = 0; number < options.entries; number += 1) {
    const entityId = v7();
    let at = since + Math.floor(random() * options.days * 86_400_000);
    const tell = (what: string, op: Event["op"], patch: Event["patch"]) =>
      void events.push({ at, type: `time-entry.${what}`, entity: "timeEntry", op, entityId, patch });
    const view: Event["patch"] = {
      ...{ id: entityId, organizationId, projectId, timesheetId: v7(), userId: pick(people), taskId: someTask() },
      ...{ spentOn: someDay(), durationMinutes: someMinutes(), billable: random() < 0.7, comment: "" },
    };
    tell("created", "create", { ...view });
    let isHere = true;
    for (let steps = Math.floor(random() * 4); steps > 0; steps -= 1) {
      at += Math.floor(random() * 3 * 86_400_000);
      const what = random();
      const change = (patch: Event["patch"]) => {
        Object.assign(view, patch);
        tell("updated", "update", patch);
      };
      if (!isHere) {
        isHere = true;
        tell("created", "create", { ...view });
      } else if (what < 0.2) change({ durationMinutes: someMinutes() });
      else if (what < 0.4) change({ spentOn: someDay(), timesheetId: v7() });
      else if (what < 0.5) change({ taskId: someTask() });
      else if (what < 0.6) change({ billable: !view["billable"], comment: "Corrected" });
      else if (what < 0.7) change({ comment: `Again, ${steps}` });
      else if (what < 0.85) {
        isHere = false;
        tell("deleted", "delete", {});
      } else {
        tell("settled", "delete", {});
        break; // nothing changes locked time
      }
    }
    if (random() < 0.1)
      events.push({ at, type: "timesheet.hidden", entity: "timesheet", op: "delete", entityId: v7(), patch: {} });
  }
  events.sort((one, other) => one.at - other.at);
  return events.map(({ at, ...event }, index) => ({
    ...{ channel: `project-time:${projectId}` as Channel, seq: index + 1, id: v7(), at: new Date(at).toISOString() },
    ...event,
    ...{ actorId: null, revokes: null },
  }));
}
