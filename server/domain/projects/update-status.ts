import { z } from "zod";
import { Status } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { statusTurn } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { statusFields } from "./create-status.ts";
import { accessStatus } from "./project.access.ts";
import { statusUpdated } from "./project.events.ts";
import type { StatusView } from "./project.view.ts";

export const updateStatusInput = z.object(statusFields).partial().extend({ statusId: id, version: seenVersion });

/**
 * Changes the fields that are given. A new category completes or reopens the tasks in the status; a limit below their
 * number keeps further ones out.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (archived)
 *   | `conflict` (the project has a status of this name)
 */
export const updateStatus = (ctx: Ctx, input: z.output<typeof updateStatusInput>): Promise<StatusView> =>
  inTransaction(ctx, async (ctx) => {
    const status = await accessStatus(ctx, input.statusId, "status.manage");
    requireSeen(status, input.version);
    const { name, category = status.category, wipLimit } = input;
    const update = async () =>
      record(ctx, statusUpdated, status, await save(ctx, Status, status, { name, category, wipLimit }));
    if (category === status.category) return update();
    return statusTurn.around(ctx, { statusId: status.id, category }, update);
  });
