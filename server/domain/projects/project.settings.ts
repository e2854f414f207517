import { z } from "zod";
import type { ProjectSettings } from "../../../db/entities/projects.ts";
import { ruleBroken } from "../../errors.ts";
import { id } from "../fields.ts";

export const projectSettingsSchema = z
  .object({
    features: z
      .object({ fields: z.boolean(), sprints: z.boolean(), milestones: z.boolean(), recurrence: z.boolean() })
      .describe("what is on; nothing new can be made of what is off, and what there is stays"),
    workflow: z
      .enum(["free", "guarded", "restricted"])
      .describe("`free`: any move; `guarded`: transitions say what they ask for; `restricted`: no move without one"),
    blockedStayOpen: z.boolean().describe("a task that waits for an open one cannot be done"),
    subtasksFirst: z.boolean().describe("a task with open sub-tasks cannot be done"),
    severalActiveSprints: z.boolean(),
    defaults: z.object({
      statusId: z.uuid().nullable().describe("where new tasks begin; null: in the first status"),
      priority: z.enum(["none", "low", "medium", "high", "urgent"]),
      dueInDays: z.int().nullable().describe("new tasks are due so many days after the day (UTC) they are made"),
    }),
  })
  .meta({ id: "ProjectSettings" }) satisfies z.ZodType<ProjectSettings>;

const { shape } = projectSettingsSchema;
/** What is given is changed, the rest stays. */
export const settingsInput = z.strictObject({
  features: z.strictObject(shape.features.shape).partial().optional(),
  workflow: shape.workflow.optional(),
  blockedStayOpen: z.boolean().optional(),
  subtasksFirst: z.boolean().optional(),
  severalActiveSprints: z.boolean().optional(),
  defaults: z
    .strictObject({
      statusId: id.nullable().optional(),
      priority: shape.defaults.shape.priority.optional(),
      dueInDays: z.int().min(0).max(3_650).nullable().optional(),
    })
    .optional(),
});

/** @returns `before` itself where nothing changes */
export function changedSettings(before: ProjectSettings, given: z.output<typeof settingsInput>): ProjectSettings {
  const wanted = {
    ...before,
    ...withoutGaps(given),
    features: { ...before.features, ...withoutGaps(given.features ?? {}) },
    defaults: { ...before.defaults, ...withoutGaps(given.defaults ?? {}) },
  } as ProjectSettings;
  return JSON.stringify(wanted) === JSON.stringify(before) ? before : wanted;
}

const withoutGaps = (given: object) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** @throws AppError `rule.broken` when the project has a feature switched off */
export function requireFeature(
  { settings }: { settings: ProjectSettings },
  feature: keyof ProjectSettings["features"],
): void {
  if (settings.features[feature]) return;
  throw ruleBroken("project.feature-off", "This is switched off in the project's settings.", { feature });
}
