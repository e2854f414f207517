import { z } from "zod";
import { Label } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { id, name } from "../fields.ts";
import { insert } from "../save.ts";
import { accessWholeProject } from "./project.access.ts";
import { labelCreated } from "./project.events.ts";
import type { LabelView } from "./project.view.ts";

export const labelFields = {
  name: name(60),
  color: z
    .string()
    .toLowerCase()
    .regex(/^#[0-9a-f]{6}$/, "must be like #1a2b3c"),
};

export const createLabelInput = z.object({ projectId: id, ...labelFields });

/**
 * @throws AppError `not-found` | `access.denied` | `rule.broken` (archived)
 *   | `conflict` (the project has a label of this name)
 */
export const createLabel = (ctx: Ctx, input: z.output<typeof createLabelInput>): Promise<LabelView> =>
  inTransaction(ctx, async (ctx) => {
    const { project } = await accessWholeProject(ctx, input.projectId, "label.manage");
    const { name, color } = input;
    const row = { organizationId: project.organizationId, projectId: project.id, name, color };
    return record(ctx, labelCreated, null, await insert<Label, LabelView>(ctx, Label, row));
  });
