import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { userUpdated } from "../auth/auth.events.ts";
import { type UserView, userColumns } from "../auth/auth.view.ts";
import { record } from "../change.ts";
import { profileChange } from "../consequences.ts";
import { id, name, seenVersion, text } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { requireScopesWithin, scopeList } from "../scopes.ts";
import { serviceAccountUpdated } from "./organization.events.ts";
import { accessServiceAccount, readServiceAccount } from "./service-account.access.ts";
import type { ServiceAccountView } from "./service-account.view.ts";

export const updateServiceAccountInput = z.object({
  serviceAccountId: id,
  name: name(100).optional(),
  description: text(500).optional(),
  scopes: scopeList.optional(),
  version: seenVersion,
});

const updateStatement = statement(
  "service-account.update",
  `update organizations.service_accounts set description = $2, scopes = $3, version = version + 1, updated_at = $4 where id = $1`,
);
const renameStatement = statement(
  "service-account.rename",
  `update auth.users u set name = $2, version = u.version + 1, updated_at = $3 where u.id = $1 returning ${userColumns}`,
);

/**
 * Changes the fields that are given. Its role is changed as other members' are, by `members.updateRole`. Fewer scopes
 * count at once, for tokens that are out, too.
 *
 * @throws AppError `not-found` | `access.denied` (also for scopes beyond those of the token that calls) | `stale`
 */
export const updateServiceAccount = (
  ctx: Ctx,
  input: z.output<typeof updateServiceAccountInput>,
): Promise<ServiceAccountView> =>
  inTransaction(ctx, async (ctx) => {
    requireScopesWithin(ctx.actor, input.scopes ?? []);
    const before = await accessServiceAccount(ctx, input.serviceAccountId);
    requireSeen(before, input.version);
    const { id, name } = before;
    const wanted = { description: before.description, scopes: before.scopes };
    if (input.description !== undefined) wanted.description = input.description;
    if (input.scopes) wanted.scopes = input.scopes;
    const isRenamed = input.name !== undefined && input.name !== name;
    const isSame = wanted.description === before.description && String(wanted.scopes) === String(before.scopes);
    if (isSame && !isRenamed) return before;

    if (isRenamed) {
      await profileChange.around(ctx, { userId: id }, () => rename(ctx, id, input.name as string));
    }
    await ctx.sql.query(updateStatement, [id, wanted.description, wanted.scopes, ctx.now]);
    return record(ctx, serviceAccountUpdated, before, await readServiceAccount(ctx, id));
  });

const userStatement = statement("service-account.user-row", `select ${userColumns} from auth.users u where u.id = $1`);

async function rename(ctx: Ctx, id: string, name: string): Promise<void> {
  const [[before], [after]] = await Promise.all([
    ctx.sql.query<UserView>(userStatement, [id]),
    ctx.sql.query<UserView>(renameStatement, [id, name, ctx.now]),
  ]);
  record(ctx, userUpdated, before as UserView, after as UserView);
}
