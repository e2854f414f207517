import { z } from "zod";
import { day, instant } from "../fields.ts";
import { fieldValueSchema } from "./task.fields.ts";

export const priorities = ["none", "low", "medium", "high", "urgent"] as const;

export const taskViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    key: z.string().describe("for people: `WEB-123`"),
    number: z.int(),
    title: z.string(),
    description: z.string().describe("Markdown, as written"),
    statusId: z.uuid(),
    rank: z.string().describe("place in the status: tasks sort by rank, then id, as bytes"),
    priority: z.enum(priorities),
    parentId: z.uuid().nullable(),
    assigneeIds: z.array(z.uuid()),
    labelIds: z.array(z.uuid()),
    startOn: day.nullable(),
    dueOn: day.nullable(),
    estimateMinutes: z.int().nullable(),
    sprintId: z.uuid().nullable(),
    milestoneId: z.uuid().nullable(),
    fields: z.record(z.uuid(), fieldValueSchema).describe("custom fields that have a value, by id"),
    completedAt: instant.nullable(),
    archivedAt: instant.nullable(),
    deletedAt: instant.nullable().describe("in the trash since"),
    createdById: z.uuid(),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "Task" });

/** A task as every client sees it. */
export type TaskView = z.output<typeof taskViewSchema>;

const columns = `t.id, t.organization_id as "organizationId", t.project_id as "projectId", t.key, t.number, t.title, t.description,
  t.status_id as "statusId", t.rank, t.priority, t.parent_id as "parentId"`;
const moreColumns = `t.start_on as "startOn", t.due_on as "dueOn", t.estimate_minutes as "estimateMinutes",
  t.sprint_id as "sprintId", t.milestone_id as "milestoneId", t.fields, t.completed_at as "completedAt",
  t.archived_at as "archivedAt", t.deleted_at as "deletedAt", t.created_by_id as "createdById", t.created_at as "createdAt",
  t.updated_at as "updatedAt", t.version`;

/** The view's columns for a few tasks `t`. */
export const taskColumns = `${columns},
  array(select a.user_id from tasks.task_assignees a where a.task_id = t.id order by a.user_id) as "assigneeIds",
  array(select l.label_id from tasks.task_labels l where l.task_id = t.id order by l.label_id) as "labelIds",
  ${moreColumns}`;

/** The same for all tasks of a project `$1`: sets are gathered once per project, not once per task. */
export const boardColumns = `${columns}, coalesce(assigned.ids, '{}') as "assigneeIds", coalesce(labelled.ids, '{}') as "labelIds", ${moreColumns}`;
export const boardJoins = `
  left join (select task_id, array_agg(user_id order by user_id) as ids from tasks.task_assignees where project_id = $1 group by task_id)
    assigned on assigned.task_id = t.id
  left join (select task_id, array_agg(label_id order by label_id) as ids from tasks.task_labels where project_id = $1 group by task_id)
    labelled on labelled.task_id = t.id`;
