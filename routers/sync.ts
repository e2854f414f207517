import { z } from "zod";
import { accessChannel } from "../server/domain/channels.ts";
import { entityViews } from "../server/domain/events.ts";
import { takeSnapshot } from "../server/domain/snapshots.ts";
import { pullFeed } from "../server/platform/feed.ts";
import { described, procedure, rest, router } from "./trpc.ts";

const channel = z
  .string()
  .max(100)
  .describe(
    "`project:<id>`, `project-time:<id>`, `task:<id>`, `task-internal:<id>`, `organization:<id>`, `organization-admins:<id>`, `organization-rates:<id>`, `timesheet:<id>`, `dashboard:<projectId>`, `dashboard-time:<projectId>` or `user:<id>`",
  );

const snapshotSchema = z.object({
  epoch: z.uuid(),
  channel: z.string(),
  seq: z.int(),
  entities: z.object(entityViews).partial(),
});

const changeSchema = z.object({
  channel: z.string(),
  seq: z.int(),
  id: z.uuid(),
  at: z.iso.datetime(),
  actorId: z.uuid().nullable(),
  type: z.string(),
  entity: z.string(),
  op: z.enum(["create", "update", "delete"]),
  entityId: z.uuid(),
  patch: z.record(z.string(), z.unknown()),
  mutationId: z.uuid().optional(),
});

const pullSchema = z.object({
  epoch: z.uuid(),
  head: z.int(),
  changes: z.array(changeSchema).optional(),
  resync: z.literal(true).optional().describe("the cursor is of no use: take a snapshot"),
});

export const sync = router({
  snapshot: procedure
    .meta(
      rest("GET /sync/{channel}", "Read everything in a channel, as of one moment", {
        access: "signed-in",
        scope: null, // by the kind of channel
        description: "With the changes after `seq`, the copy stays true.",
      }),
    )
    .input(z.strictObject({ channel }))
    .output(described(snapshotSchema))
    .query(({ ctx, input }) => takeSnapshot(ctx, input.channel)),

  pull: procedure
    .meta(
      rest("GET /sync/{channel}/changes", "Read the changes after a cursor", {
        access: "signed-in",
        scope: null, // by the kind of channel
        description: "At most 1,000; further behind, or with a cursor of another epoch, the answer is `resync`.",
      }),
    )
    .input(z.strictObject({ channel, since: z.int().min(0), epoch: z.uuid().optional() }))
    .output(described(pullSchema))
    .query(async ({ ctx, input }) =>
      pullFeed(ctx.sql, ctx.app.epoch, await accessChannel(ctx, input.channel), input.since, input.epoch),
    ),
});
