import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { accessChange } from "../consequences.ts";
import { id } from "../fields.ts";
import { accessProjectMember, requireNotBeyond } from "./project.access.ts";
import { projectMemberRemoved } from "./project.events.ts";
import { peopleOf, shutOut } from "./project-access.changes.ts";

export const projectMemberInput = z.object({ projectMemberId: id });

const deleteStatement = statement("project-member.delete", "delete from projects.project_members where id = $1");

/**
 * Takes a person's or a team's role in a project away. Who has none left is out at once.
 *
 * @throws AppError `not-found` | `access.denied` (also for more than one holds oneself)
 */
export const removeProjectMember = (ctx: Ctx, input: z.output<typeof projectMemberInput>): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const { member, rights } = await accessProjectMember(ctx, input.projectMemberId, "project.manage-members");
    const { organizationId, projectId } = member;
    await requireNotBeyond(ctx, rights, organizationId, member);
    const userIds = await peopleOf(ctx, member);
    await accessChange.around(ctx, { organizationId, projectId, userIds }, () =>
      ctx.sql.query(deleteStatement, [member.id]),
    );
    record(ctx, projectMemberRemoved, member, null, { revokes: await shutOut(ctx, projectId, userIds) });
    return { id: member.id };
  });
