import type { StoredChange } from "../../platform/feed.ts";
import type { TimeEntryView } from "../time/time.view.ts";

/** Time that is booked on a project, as far as figures ask. */
export interface EntryFact {
  readonly organizationId: string;
  readonly projectId: string;
  readonly entryId: string;
  readonly taskId: string | null;
  readonly userId: string;
  readonly spentOn: string;
  readonly minutes: number;
  readonly billable: boolean;
}

/** The entries that there are after some changes; those that did not change are the same objects. */
export function followed(
  before: ReadonlyMap<string, EntryFact>,
  changes: readonly StoredChange[],
): Map<string, EntryFact> {
  const entries = new Map(before);
  for (const { op, entityId, patch } of changes) {
    const known = entries.get(entityId);
    if (op === "delete") entries.delete(entityId);
    else if (op === "create") entries.set(entityId, entryOf(patch as TimeEntryView));
    else if (known) entries.set(entityId, merged(known, patch as Partial<TimeEntryView>));
  }
  return entries;
}

const entryOf = (view: TimeEntryView): EntryFact => ({
  organizationId: view.organizationId,
  projectId: view.projectId,
  entryId: view.id,
  taskId: view.taskId,
  userId: view.userId,
  spentOn: view.spentOn,
  minutes: view.durationMinutes,
  billable: view.billable,
});

function merged(known: EntryFact, patch: Partial<TimeEntryView>): EntryFact {
  const { taskId = known.taskId, userId = known.userId, spentOn = known.spentOn, billable = known.billable } = patch;
  const minutes = patch.durationMinutes ?? known.minutes;
  const isSame =
    taskId === known.taskId &&
    userId === known.userId &&
    spentOn === known.spentOn &&
    minutes === known.minutes &&
    billable === known.billable;
  return isSame ? known : { ...known, taskId, userId, spentOn, minutes, billable };
}
