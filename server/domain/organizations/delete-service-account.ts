import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { id } from "../fields.ts";
import { endMembership } from "./member-departure.ts";
import { requireMember } from "./organization.access.ts";
import { serviceAccountDeleted } from "./organization.events.ts";
import { accessServiceAccount } from "./service-account.access.ts";

export const serviceAccountInput = z.object({ serviceAccountId: id });

const deleteStatement = statement("service-account.delete", "delete from organizations.service_accounts where id = $1");
const disableStatement = statement("service-account.disable", "update auth.users set disabled_at = $2 where id = $1");

/**
 * Ends a service account: its secrets, its tokens within a second, and its membership with all that hangs on it. What
 * it did stays, under its name.
 *
 * @throws AppError `not-found` | `access.denied`
 */
export const deleteServiceAccount = (
  ctx: Ctx,
  { serviceAccountId }: z.output<typeof serviceAccountInput>,
): Promise<{ id: string }> =>
  inTransaction(ctx, async (ctx) => {
    const account = await accessServiceAccount(ctx, serviceAccountId);
    const member = await requireMember(ctx, account.organizationId, account.id);
    await ctx.sql.query(deleteStatement, [account.id]);
    record(ctx, serviceAccountDeleted, account, null);
    await endMembership(ctx, member);
    write(ctx, disableStatement, [account.id, ctx.now]);
    return { id: account.id };
  });
