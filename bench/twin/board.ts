import {
  labelColumns,
  projectColumns,
  projectMemberColumns,
  statusColumns,
} from "../../server/domain/projects/project.view.ts";
import { boardColumns, boardJoins } from "../../server/domain/tasks/task.view.ts";
import { taskLinkColumns } from "../../server/domain/tasks/task-link.view.ts";

/** The entities of a board, as our snapshot has them; `$1` is the project. */
export const boardParts = {
  project: `select ${projectColumns} from projects.projects p where p.id = $1`,
  projectMember: `select ${projectMemberColumns} from projects.project_members pm where pm.project_id = $1`,
  status: `select ${statusColumns} from projects.statuses s where s.project_id = $1`,
  label: `select ${labelColumns} from projects.labels l where l.project_id = $1`,
  task: `select ${boardColumns} from tasks.tasks t ${boardJoins} where t.project_id = $1 and t.deleted_at is null`,
  taskLink: `select ${taskLinkColumns} from tasks.task_links k where k.project_id = $1`,
} as const;
