import type { Actor } from "../context.ts";
import type { Channel } from "../platform/feed.ts";
import type { Scene } from "./scene.ts";

/** Around a project: time of its owner, a sheet that a member handed in, and what hours are worth. */
export async function buildTime(
  scene: Scene,
  {
    owner,
    member,
    organizationId,
    projectId,
  }: { owner: Actor; member: Actor; organizationId: string; projectId: string },
): Promise<{ ids: Record<string, string[]>; channels: Channel[] }> {
  const caller = scene.caller(owner);
  const asMember = scene.caller(member);
  const activity = await caller.activities.create({ organizationId, name: "Development" });
  const another = await caller.activities.create({ organizationId, name: "Travel", billable: false });
  const entry = await caller.timeEntries.create({ projectId, spentOn: "2026-02-10", durationMinutes: 60 });
  const rate = await caller.rates.create({
    organizationId,
    startsOn: "2026-01-01",
    amountMinorPerHour: 10_000,
    currency: "EUR",
  });
  const { id } = await asMember.timesheets.open({ organizationId, day: "2026-02-10" });
  await asMember.timesheets.submit({ timesheetId: id });
  return {
    ids: {
      activity: [another.id, activity.id],
      timeEntry: [entry.id],
      rate: [rate.id],
      timesheet: [id, entry.timesheetId],
    },
    channels: [
      `project-time:${projectId}`,
      `organization-rates:${organizationId}`,
      `timesheet:${id}`,
      `timesheet:${entry.timesheetId}`,
    ],
  };
}
