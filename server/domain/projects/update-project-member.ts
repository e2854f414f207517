import { z } from "zod";
import { ProjectMember } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id, seenVersion } from "../fields.ts";
import { requireSeen, save } from "../save.ts";
import { givenRole, roleGiven } from "./add-project-member.ts";
import { accessProjectMember, requireNotBeyond } from "./project.access.ts";
import { projectMemberRoleChanged } from "./project.events.ts";
import type { ProjectMemberView } from "./project.view.ts";
import { peopleOf } from "./project-access.changes.ts";

export const updateProjectMemberInput = z.object({
  projectMemberId: id,
  ...givenRole,
  version: seenVersion,
});

/**
 * Gives a person or a team another role in a project.
 *
 * @throws AppError `not-found` | `access.denied` (also for more than one holds oneself) | `stale`
 */
export const updateProjectMember = (
  ctx: Ctx,
  input: z.output<typeof updateProjectMemberInput>,
): Promise<ProjectMemberView> =>
  inTransaction(ctx, async (ctx) => {
    const { member, rights } = await accessProjectMember(ctx, input.projectMemberId, "project.manage-members");
    const { organizationId, projectId } = member;
    const given = roleGiven(input);
    await requireNotBeyond(ctx, rights, organizationId, member);
    await requireNotBeyond(ctx, rights, organizationId, given);
    requireSeen(member, input.version);
    const scope = { organizationId, projectId, userIds: await peopleOf(ctx, member) };
    const updated = await accessChange.around(ctx, scope, () => save(ctx, ProjectMember, member, given));
    return record(ctx, projectMemberRoleChanged, member, updated);
  });
