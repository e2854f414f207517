import {
  accessChange,
  labelDeletion,
  memberDeparture,
  organizationDeletion,
  projectDeletion,
  statusDeletion,
  statusTurn,
  teamDeletion,
  teamRename,
} from "./consequences.ts";
import {
  deleteProjectsOf,
  followTeamDeletion,
  followTeamRename,
  leaveProjects,
} from "./projects/project.consequences.ts";
import { followAccess } from "./projects/project-access.changes.ts";
import {
  deleteTasks,
  dropHiddenWatches,
  dropLabel,
  leaveTasks,
  moveTasksAway,
  turnTasks,
} from "./tasks/task.consequences.ts";

/* Who follows what happens in an earlier domain. The latest domain acts first: its rows refer to the others'. */
memberDeparture.followedBy(leaveTasks, leaveProjects);
organizationDeletion.followedBy(deleteProjectsOf);
accessChange.followedBy(followAccess, dropHiddenWatches);
teamRename.followedBy(followTeamRename);
teamDeletion.followedBy(followTeamDeletion);
projectDeletion.followedBy(deleteTasks);
labelDeletion.followedBy(dropLabel);
statusTurn.followedBy(turnTasks);
statusDeletion.followedBy(moveTasksAway);
