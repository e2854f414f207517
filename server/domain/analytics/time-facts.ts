import type { PublicCtx } from "../../context.ts";
import type { Channel, StoredChange } from "../../platform/feed.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import type { Projection } from "../projection.ts";
import { projectDeleted } from "../projects/project.events.ts";
import { timeEntryCreated, timeEntrySettled } from "../time/time.events.ts";
import { type EntryFact, followed } from "./entry-facts.ts";
import { saving, writeFacts } from "./fact-rows.ts";
import { TimeDashboard } from "./time-dashboard.ts";

const entriesStatement = statement(
  "facts.time-entries",
  `select organization_id as "organizationId", project_id as "projectId", entry_id as "entryId", task_id as "taskId", user_id as "userId",
    spent_on as "spentOn", minutes, billable
  from analytics.time_entries where project_id = $1 and entry_id = any($2::uuid[])`,
);
const saveEntries = saving("time_entries", "entry_id", ["task_id", "user_id", "spent_on", "minutes", "billable"]);
const dropEntries = statement(
  "facts.drop-time-entries",
  "delete from analytics.time_entries where project_id = $1 and entry_id = any($2::uuid[])",
);
const clearEntries = statement("facts.clear-time_entries", "delete from analytics.time_entries where project_id = $1");

/**
 * Keeps what analytics knows of booked time. An entry that moves to another project is deleted in this one's channel and
 * created in the other's, so each channel tells all of its own project's time. Timers are not time until they stop.
 */
export const timeFacts: Projection = {
  name: "analytics-time",
  channels: ["project-time"],
  async apply(ctx, channel, changes) {
    if (changes.some(({ type }) => type === projectDeleted.type)) return clear(ctx, channel);
    const told = changes.filter(isAboutTime);
    if (told.length === 0) return;
    const projectId = projectOf(channel);
    const ids = [...new Set(told.map(({ entityId }) => entityId))];
    const [dashboard, known] = await Promise.all([
      TimeDashboard.load(ctx, projectId),
      ctx.sql.query<EntryFact>(entriesStatement, [projectId, ids]),
    ]);
    const before = new Map(known.map((entry) => [entry.entryId, entry]));
    const after = followed(before, told);
    const gone = [...before.keys()].filter((id) => !after.has(id));
    if (gone.length > 0) write(ctx, dropEntries, [projectId, gone]);
    const changed = [...after.values()].filter((entry) => before.get(entry.entryId) !== entry);
    writeFacts(ctx, saveEntries, changed);
    await dashboard.follow([...before.values()], [...after.values()]);
  },
  clear,
};

async function clear(ctx: PublicCtx, channel: Channel): Promise<void> {
  const projectId = projectOf(channel);
  (await TimeDashboard.load(ctx, projectId)).clear();
  await ctx.sql.query(clearEntries, [projectId]);
}

const projectOf = (channel: Channel) => channel.slice("project-time:".length);

/** The channel also tells of sheets; and locked time leaves it, but was spent all the same. */
const isAboutTime = ({ entity, type }: StoredChange) =>
  entity === timeEntryCreated.entity && type !== timeEntrySettled.type;
