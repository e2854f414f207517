import { z } from "zod";
import { instant } from "../fields.ts";
import { fieldFilters } from "./task.field-filter.ts";
import { taskFilter } from "./task.filter.ts";
import { sortNames } from "./task.sort.ts";

const ofField = z.templateLiteral(["fields.", z.uuid()]);
const columnNames = [
  ...["key", "title", "status", "priority", "assignees", "labels", "startOn", "dueOn", "estimateMinutes"],
  ...["sprint", "milestone", "parent", "createdBy", "createdAt", "updatedAt", "completedAt"],
] as const;
export const column = z.union([z.enum(columnNames), ofField]).describe("a column, or `fields.<id>`");
export const grouping = z
  .union([z.enum(["status", "priority", "assignee", "label", "sprint", "milestone", "parent"]), ofField])
  .nullable();
export const layouts = ["list", "board", "calendar", "timeline"] as const;
export const savedFilter = z.strictObject({ ...taskFilter, fieldFilters });

/** How somebody, or everybody, looks at a project's tasks. */
export const savedViewSchema = z
  .object({
    id: z.uuid(),
    organizationId: z.uuid(),
    projectId: z.uuid(),
    ownerId: z.uuid().nullable().describe("null: who shared it has left"),
    name: z.string(),
    isShared: z.boolean().describe("with everybody in the project; else it is its owner's alone"),
    layout: z.enum(layouts),
    filter: savedFilter.describe("as `tasks.list` takes it"),
    sort: z.enum(sortNames),
    sortFieldId: z.uuid().nullable(),
    sortOrder: z.enum(["asc", "desc"]),
    groupBy: grouping,
    columns: z.array(column),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "SavedView" });
export type SavedViewView = z.output<typeof savedViewSchema>;

export const savedViewColumns = `sv.id, sv.organization_id as "organizationId", sv.project_id as "projectId", sv.owner_id as "ownerId", sv.name,
  sv.is_shared as "isShared", sv.layout, sv.filter, sv.sort, sv.sort_field_id as "sortFieldId", sv.sort_order as "sortOrder",
  sv.group_by as "groupBy", sv.columns, sv.created_at as "createdAt", sv.updated_at as "updatedAt", sv.version`;
