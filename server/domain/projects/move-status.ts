import { z } from "zod";
import { Status } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { rankBehind } from "./place-status.ts";
import { accessStatus } from "./project.access.ts";
import { statusMoved } from "./project.events.ts";
import { statusesOf } from "./project.lists.ts";
import type { StatusView } from "./project.view.ts";

export const moveStatusInput = z.object({
  statusId: id,
  afterStatusId: id.nullable().describe("the status to stand behind; null: first"),
  version: seenVersion,
});

/**
 * Gives a status another place on the board. Moves in one project wait for each other.
 *
 * @throws AppError `not-found` (status, or the one to stand behind) | `access.denied` | `stale`
 *   | `rule.broken` (archived)
 */
export const moveStatus = (ctx: Ctx, input: z.output<typeof moveStatusInput>): Promise<StatusView> =>
  inTransaction(ctx, async (ctx) => {
    const status = await accessStatus(ctx, input.statusId, "status.manage");
    requireSeen(status, input.version);
    const statuses = await statusesOf(ctx, status.projectId);
    const predecessor = statuses[statuses.findIndex(({ id }) => id === status.id) - 1];
    if ((predecessor?.id ?? null) === input.afterStatusId) return status; // stands there already
    const others = statuses.filter(({ id }) => id !== status.id);
    const rank = await rankBehind(ctx, others, input.afterStatusId);
    return record(ctx, statusMoved, status, await save(ctx, Status, status, { rank }));
  });
