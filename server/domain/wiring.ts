import { detachFiles } from "./comments/comment.attachments.ts";
import {
  dropProjectComments,
  dropTaskComments,
  leaveComments,
  moveComments,
  moveMentions,
  moveReading,
} from "./comments/comment.consequences.ts";
import {
  accessChange,
  fieldLoss,
  fileDeletion,
  keyChange,
  labelDeletion,
  memberDeparture,
  milestoneDeletion,
  organizationDeletion,
  profileChange,
  projectBirth,
  projectDeletion,
  projectMove,
  sprintEnd,
  statusDeletion,
  statusTurn,
  taskKeyChange,
  taskPurge,
  teamDeletion,
  teamEntry,
  teamRename,
} from "./consequences.ts";
import { dropOrganizationFiles, dropTaskFiles } from "./files/delete-file.ts";
import { moveFiles } from "./files/move-files.ts";
import { followKeys } from "./notifications/follow-keys.ts";
import { moveMutes, moveNotifications } from "./notifications/follow-move.ts";
import {
  dropHiddenNotifications,
  dropOrganizationNotifications,
  dropProjectNotifications,
  dropTaskNotifications,
  leaveNotifications,
} from "./notifications/notification.consequences.ts";
import { followProfileInOrganizations } from "./organizations/follow-profile.ts";
import {
  deleteProjectsOf,
  followProfileInProjects,
  followTeamDeletion,
  followTeamRename,
  leaveProjects,
  requireNotBeyondTeam,
} from "./projects/project.consequences.ts";
import { followAccess } from "./projects/project-access.changes.ts";
import { followKey } from "./tasks/follow-key.ts";
import {
  dropHiddenPlanning,
  dropProjectPlanning,
  dropTaskPlanning,
  forgetField,
  leavePlanning,
  moveRecurrences,
  moveReminders,
} from "./tasks/planning.consequences.ts";
import {
  deleteTasks,
  dropHiddenWatches,
  dropLabel,
  leaveTasks,
  moveTasksAway,
  turnTasks,
} from "./tasks/task.consequences.ts";
import { moveWatches } from "./tasks/task.watches.ts";
import { dropFieldValues, dropMilestone, handOver, leaveFields } from "./tasks/task.workflow.consequences.ts";
import { createTemplateTasks } from "./tasks/template.tasks.ts";
import { dropProjectTime, eraseTime, keepTaskTime, leaveTime, moveTaskTime } from "./time/time.consequences.ts";

/* Who follows what happens in an earlier domain. The latest domain acts first: its rows refer to the others'. */
profileChange.followedBy(followProfileInOrganizations, followProfileInProjects); // the first one locks
memberDeparture.followedBy(
  leaveNotifications,
  leaveComments,
  leaveTime,
  leaveTasks,
  leaveFields,
  leavePlanning,
  leaveProjects,
);
organizationDeletion.followedBy(dropOrganizationNotifications, dropOrganizationFiles, eraseTime, deleteProjectsOf);
accessChange.followedBy(followAccess, dropHiddenWatches, dropHiddenPlanning, dropHiddenNotifications);
teamEntry.followedBy(requireNotBeyondTeam);
teamRename.followedBy(followTeamRename);
teamDeletion.followedBy(followTeamDeletion);
projectBirth.followedBy(createTemplateTasks);
keyChange.followedBy(followKey);
taskKeyChange.followedBy(followKeys);
projectMove.followedBy(
  moveNotifications,
  moveMutes,
  moveComments,
  moveMentions,
  moveReading,
  moveFiles,
  moveTaskTime,
  moveWatches,
  moveReminders,
  moveRecurrences,
);
projectDeletion.followedBy(
  dropProjectNotifications,
  dropProjectComments,
  dropProjectTime,
  dropProjectPlanning,
  deleteTasks,
);
taskPurge.followedBy(dropTaskNotifications, dropTaskComments, dropTaskFiles, keepTaskTime, dropTaskPlanning);
fileDeletion.followedBy(detachFiles);
labelDeletion.followedBy(dropLabel);
sprintEnd.followedBy(handOver);
milestoneDeletion.followedBy(dropMilestone);
fieldLoss.followedBy(dropFieldValues, forgetField);
statusTurn.followedBy(turnTasks);
statusDeletion.followedBy(moveTasksAway);
