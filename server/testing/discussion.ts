import type { Project } from "../../db/entities/projects.ts";
import type { Actor } from "../context.ts";
import type { ProjectRole } from "../domain/permissions.ts";
import type { Scene } from "./scene.ts";

/** A board whose one task has one comment, by the owner, who also calls. */
export async function discussion(scene: Scene, body = "To begin with") {
  const board = await scene.board();
  const caller = scene.caller(board.owner);
  const comment = await caller.comments.create({ taskId: board.task.id, body });
  return { ...board, caller, comment };
}

/** Somebody new with a role in a project who is a member of the organization, no guest. */
export async function insiderWith(
  scene: Scene,
  { owner, project }: { owner: Actor; project: Project },
  role: ProjectRole,
  name?: string,
): Promise<Actor> {
  const actor = await scene.join(project.organizationId, await scene.person(name), "member");
  await scene.caller(owner).projectMembers.add({ projectId: project.id, userId: actor.userId, role });
  return actor;
}
