import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import { addProjectMember, addProjectMemberInput } from "../server/domain/projects/add-project-member.ts";
import { archiveProject } from "../server/domain/projects/archive-project.ts";
import { createProject, createProjectInput } from "../server/domain/projects/create-project.ts";
import { deleteProject } from "../server/domain/projects/delete-project.ts";
import {
  getProject,
  listInProjectInput,
  listProjectMembers,
  listProjectPeople,
  listProjects,
  listProjectsInput,
  myProjectSchema,
  projectInput,
  projectPersonSchema,
} from "../server/domain/projects/project.lists.ts";
import { projectMemberViewSchema, projectViewSchema } from "../server/domain/projects/project.view.ts";
import { projectMemberInput, removeProjectMember } from "../server/domain/projects/remove-project-member.ts";
import { restoreProject } from "../server/domain/projects/restore-project.ts";
import { updateProject, updateProjectInput } from "../server/domain/projects/update-project.ts";
import { updateProjectMember, updateProjectMemberInput } from "../server/domain/projects/update-project-member.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const gone = z.object({ id: z.uuid() });

/** Who was given which role in a project. */
export const projectMembers = router({
  list: procedure
    .meta(
      rest("GET /projects/{projectId}/members", "List the people and teams that were given a role, by name", {
        access: "project.read",
      }),
    )
    .input(listInProjectInput)
    .output(pageOf(projectMemberViewSchema))
    .query(({ ctx, input }) => listProjectMembers(ctx, input)),
  add: procedure
    .meta(
      rest("POST /projects/{projectId}/members", "Give a person or a team a role in a project", {
        access: "project.manage-members",
      }),
    )
    .input(mutates(addProjectMemberInput))
    .output(projectMemberViewSchema)
    .mutation(({ ctx, input }) => addProjectMember(ctx, input)),
  updateRole: procedure
    .meta(
      rest("PATCH /project-members/{projectMemberId}", "Give a person or a team another role in a project", {
        access: "project.manage-members",
      }),
    )
    .input(mutates(updateProjectMemberInput))
    .output(projectMemberViewSchema)
    .mutation(({ ctx, input }) => updateProjectMember(ctx, input)),
  remove: procedure
    .meta(
      rest("DELETE /project-members/{projectMemberId}", "Take a role in a project away", {
        access: "project.manage-members",
      }),
    )
    .input(mutates(projectMemberInput))
    .output(gone)
    .mutation(({ ctx, input }) => removeProjectMember(ctx, input)),
});

export const projects = router({
  create: procedure
    .meta(
      rest("POST /organizations/{organizationId}/projects", "Begin a project", {
        access: "project.create",
        description: "You become its manager. It starts with the usual statuses, from Backlog to Cancelled.",
      }),
    )
    .input(mutates(createProjectInput))
    .output(projectViewSchema)
    .mutation(({ ctx, input }) => createProject(ctx, input)),
  get: procedure
    .meta(rest("GET /projects/{projectId}", "Read a project", { access: "project.read" }))
    .input(projectInput.strict())
    .output(myProjectSchema)
    .query(({ ctx, input }) => getProject(ctx, input)),
  list: procedure
    .meta(
      rest("GET /projects", "List the projects that you may see, by name", {
        access: "signed-in",
        scope: "project.read",
      }),
    )
    .input(listProjectsInput)
    .output(pageOf(myProjectSchema))
    .query(({ ctx, input }) => listProjects(ctx, input)),
  people: procedure
    .meta(
      rest("GET /projects/{projectId}/people", "List everybody who may see a project, by name", {
        access: "project.read",
        description: "Those whom its tasks can be assigned to, each with the role that counts.",
      }),
    )
    .input(listInProjectInput)
    .output(pageOf(projectPersonSchema))
    .query(({ ctx, input }) => listProjectPeople(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /projects/{projectId}", "Change a project", {
        access: "project.update",
        description: "Made private, it goes on only for those who were given a role in it, and for owners and admins.",
      }),
    )
    .input(mutates(updateProjectInput))
    .output(projectViewSchema)
    .mutation(({ ctx, input }) => updateProject(ctx, input)),
  archive: procedure
    .meta(
      rest("POST /projects/{projectId}/archive", "Put a project aside", {
        access: "project.archive",
        description: "It can be read, and nothing in it can be changed until it is restored.",
      }),
    )
    .input(mutates(projectInput))
    .output(projectViewSchema)
    .mutation(({ ctx, input }) => archiveProject(ctx, input)),
  restore: procedure
    .meta(
      rest("POST /projects/{projectId}/restore", "Take a project out of the archive", { access: "project.archive" }),
    )
    .input(mutates(projectInput))
    .output(projectViewSchema)
    .mutation(({ ctx, input }) => restoreProject(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /projects/{projectId}", "Delete a project with everything in it, for good", {
        access: "project.delete",
      }),
    )
    .input(mutates(projectInput))
    .output(gone)
    .mutation(({ ctx, input }) => deleteProject(ctx, input)),
});
