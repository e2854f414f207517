import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { record } from "../change.ts";
import { memberProfileChanged } from "./organization.events.ts";
import { type MemberView, memberColumns } from "./organization.view.ts";

const lockOrganizationsStatement = statement(
  "profile.lock-organizations",
  `select from organizations.organizations where id in (select organization_id from organizations.members where user_id = $1)
  order by id for no key update`,
);
// Of the whole row, so that who joins an organization meanwhile is waited for: a new member's row refers to it.
const lockPersonStatement = statement(
  "profile.lock-person",
  `select u.name, u.email, u.avatar_id as "avatarId" from auth.users u where u.id = $1 for update`,
);
const membersStatement = statement(
  "profile.members",
  `select ${memberColumns} from organizations.members m join auth.users u on u.id = m.user_id where m.user_id = $1 order by m.id`,
);

/**
 * What people see of each other follows in every organization. All of them are locked first: roles in projects carry
 * names too, and are given under that lock.
 */
export async function followProfileInOrganizations(ctx: Ctx, { userId }: { userId: string }) {
  await ctx.sql.query(lockOrganizationsStatement, [userId]);
  const [before] = await ctx.sql.query<Pick<MemberView, "name" | "email" | "avatarId">>(lockPersonStatement, [userId]);
  return async () => {
    for (const member of await ctx.sql.query<MemberView>(membersStatement, [userId])) {
      record(ctx, memberProfileChanged, { ...member, ...before }, member);
    }
  };
}
