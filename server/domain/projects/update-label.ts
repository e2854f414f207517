import { z } from "zod";
import { Label } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { labelFields } from "./create-label.ts";
import { accessLabel } from "./project.access.ts";
import { labelUpdated } from "./project.events.ts";
import type { LabelView } from "./project.view.ts";

export const updateLabelInput = z.object(labelFields).partial().extend({ labelId: id, version: seenVersion });

/**
 * Changes the fields that are given.
 *
 * @throws AppError `not-found` | `access.denied` | `stale` | `rule.broken` (archived)
 *   | `conflict` (the project has a label of this name)
 */
export const updateLabel = (ctx: Ctx, input: z.output<typeof updateLabelInput>): Promise<LabelView> =>
  inTransaction(ctx, async (ctx) => {
    const label = await accessLabel(ctx, input.labelId, "label.manage");
    requireSeen(label, input.version);
    const { name, color } = input;
    return record(ctx, labelUpdated, label, await save(ctx, Label, label, { name, color }));
  });
