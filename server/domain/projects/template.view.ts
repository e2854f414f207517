import { z } from "zod";
import { instant } from "../fields.ts";
import { projectRoles } from "../permissions.ts";
import { projectSettingsSchema } from "./project.settings.ts";
import { statusCategories } from "./project.view.ts";
import { allowedMovers, fieldKinds, requirableFields } from "./workflow.view.ts";

/** A template as people choose among them. */
export const templateViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    name: z.string(),
    description: z.string(),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "Template" });
export type TemplateView = z.output<typeof templateViewSchema>;
export const templateColumns = `tp.id, tp.organization_id as "organizationId", tp.name, tp.description,
  tp.created_at as "createdAt", tp.updated_at as "updatedAt", tp.version`;

const inDays = z.int().nullable();

/**
 * Everything is named by its name, which is unique in its project, and people by a placeholder; days are counted from the
 * project's first one. What has a default was not kept at first, and templates of that time are still there.
 */
const templateTaskSchema = z.object({
  title: z.string(),
  description: z.string(),
  status: z.string(),
  priority: z.enum(["none", "low", "medium", "high", "urgent"]),
  labels: z.array(z.string()),
  estimateMinutes: z.int().nullable(),
  startInDays: inDays,
  dueInDays: inDays,
  sprint: z.string().nullable().default(null),
  milestone: z.string().nullable().default(null),
  assignees: z.array(z.string()).default([]).describe("placeholders"),
  parent: z.int().nullable().describe("place of its parent among these tasks, which comes before it"),
  fields: z
    .record(z.string(), z.union([z.boolean(), z.number(), z.string(), z.array(z.string())]))
    .describe("choices by name, people by placeholder, dates as days from the first one"),
});
export type TemplateTask = z.output<typeof templateTaskSchema>;

const templateRecurrenceSchema = z.object({
  task: z.int().describe("place among the tasks"),
  rule: z.string().describe("without `UNTIL`"),
  until: z
    .object({ inDays: z.int(), time: z.string().describe("what stands behind the day") })
    .nullable()
    .describe("the rule's `UNTIL`"),
  startsInDays: z.int(),
  time: z.string().describe("of day, `09:00`"),
  timeZone: z.string(),
  dueInDays: z.int(),
  withSubtasks: z.boolean(),
  paused: z.boolean(),
});
export type TemplateRecurrence = z.output<typeof templateRecurrenceSchema>;

const { features, workflow, blockedStayOpen, subtasksFirst, severalActiveSprints, defaults } =
  projectSettingsSchema.shape;

export const templateContentSchema = z
  .object({
    settings: z.object({
      ...{ features, workflow, blockedStayOpen, subtasksFirst, severalActiveSprints },
      defaults: defaults.omit({ statusId: true }).extend({ status: z.string().nullable() }),
    }),
    statuses: z.array(z.object({ name: z.string(), category: z.enum(statusCategories), wipLimit: z.int().nullable() })),
    transitions: z.array(
      z.object({
        from: z.string().nullable(),
        to: z.string(),
        allowed: z.array(z.enum(allowedMovers)),
        required: z.array(z.enum(requirableFields)),
        requiredFields: z.array(z.string()),
      }),
    ),
    fields: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        kind: z.enum(fieldKinds),
        choices: z.array(z.object({ name: z.string(), color: z.string().nullable() })),
      }),
    ),
    labels: z.array(z.object({ name: z.string(), color: z.string() })),
    people: z
      .array(
        z.object({
          userId: z.uuid().nullable(),
          teamId: z.uuid().nullable(),
          role: z.enum(projectRoles),
          composedRole: z
            .string()
            .nullable()
            .default(null)
            .describe("stands before `role` while there is one of its name"),
        }),
      )
      .describe("roles of people and teams; those who have left are passed over"),
    placeholders: z.array(z.string()).default([]).describe("people whom `assign` names when a project begins"),
    sprints: z
      .array(z.object({ name: z.string(), goal: z.string(), startsInDays: z.int(), endsInDays: z.int() }))
      .default([]),
    milestones: z.array(z.object({ name: z.string(), description: z.string(), dueInDays: inDays })).default([]),
    tasks: z.array(templateTaskSchema),
    links: z
      .array(z.object({ blocker: z.int(), blocked: z.int() }))
      .default([])
      .describe("places among the tasks: the one is to be done before the other"),
    recurrences: z.array(templateRecurrenceSchema).default([]),
  })
  .meta({ id: "TemplateContent" });
export type TemplateContent = z.output<typeof templateContentSchema>;
