import { z } from "zod";
import { statement } from "../../platform/sql.ts";
import { defineLetter } from "../letters.ts";
import { invitationToken } from "./invitation.token.ts";

const composeStatement = statement(
  "invitation.compose",
  `select i.email, i.role, i.token_salt as salt, i.expires_at as "expiresAt", o.name as "organizationName", inviter.name as "invitedByName"
  from organizations.invitations i
  join organizations.organizations o on o.id = i.organization_id
  join auth.users inviter on inviter.id = i.invited_by_id
  where i.id = $1 and i.version = $2 and i.expires_at > now()`,
);

interface Row {
  email: string;
  role: string;
  salt: string;
  expiresAt: string;
  organizationName: string;
  invitedByName: string;
}

/** Invites somebody who may have no account; of several, the one of the last version holds and is sent. */
export const invitationLetter = defineLetter({
  name: "invitation",
  input: z.strictObject({ invitationId: z.uuid(), version: z.int() }),
  async compose(ctx, { invitationId, version }) {
    const [row] = await ctx.sql.query<Row>(composeStatement, [invitationId, version]);
    if (!row) return null;
    const { email, salt, organizationName, invitedByName, role, expiresAt } = row;
    const token = invitationToken(ctx, invitationId, salt);
    return {
      to: { name: "", address: email },
      subject: `${invitedByName} invites you to ${organizationName}`,
      template: "invitation",
      data: {
        organizationName,
        invitedByName,
        role,
        url: `${ctx.app.config.publicUrl}/invitations/accept?token=${token}`,
        expiresOn: expiresAt.slice(0, 10),
      },
      messageKey: `invitation:${invitationId}:${version}`,
    };
  },
});
