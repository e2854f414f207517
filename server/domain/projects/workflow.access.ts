import { definePart } from "./project.part.ts";
import {
  type FieldView,
  fieldColumns,
  type MilestoneView,
  milestoneColumns,
  type SprintView,
  sprintColumns,
  type TransitionView,
  transitionColumns,
} from "./workflow.view.ts";

export const fields = definePart<FieldView>({
  ...{ entity: "field", table: "projects.fields", row: "fd" },
  ...{ columns: fieldColumns, sort: "lower(fd.name)" },
});
export const transitions = definePart<TransitionView>({
  ...{ entity: "transition", table: "projects.transitions", row: "tr" },
  ...{ columns: transitionColumns, sort: "tr.to_status_id::text" },
});
export const sprints = definePart<SprintView>({
  ...{ entity: "sprint", table: "projects.sprints", row: "sp" },
  ...{ columns: sprintColumns, sort: "sp.starts_on::text" },
});
/** Those without a day come last. */
export const milestones = definePart<MilestoneView>({
  ...{ entity: "milestone", table: "projects.milestones", row: "ms" },
  ...{ columns: milestoneColumns, sort: "coalesce(ms.due_on::text, '~')" },
});
