import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound, ruleBroken } from "../../errors.ts";
import { hashOfSecret, sameSecret } from "../../platform/secrets.ts";
import { statement } from "../../platform/sql.ts";
import { instant } from "../fields.ts";
import { invitationToken } from "./invitation.token.ts";
import { accessInvitation, lockOrganization } from "./organization.access.ts";
import { type InvitationView, invitationColumns, invitationViewSchema } from "./organization.view.ts";
import type { invitationInput } from "./resend-invitation.ts";

export const invitationLinkSchema = z
  .object({ token: z.string().describe("goes into the link that the invited person opens"), expiresAt: instant })
  .meta({ id: "InvitationLink" });

const secretStatement = statement(
  "invitation.secret",
  `select token_salt as salt, token_hash as hash from organizations.invitations where id = $1`,
);

/**
 * The token of an invitation, for those who manage them.
 *
 * @throws AppError `not-found` | `rule.broken` (issued under another secret of the server: resend it)
 */
export async function readInvitationLink(
  ctx: Ctx,
  input: z.output<typeof invitationInput>,
): Promise<z.output<typeof invitationLinkSchema>> {
  const { invitation } = await accessInvitation(ctx, input.invitationId);
  const [secret] = await ctx.sql.query<{ salt: string; hash: string }>(secretStatement, [invitation.id]);
  if (!secret) throw notFound("invitation", invitation.id);
  const token = invitationToken(ctx, invitation.id, secret.salt);
  if (!sameSecret(hashOfSecret(token), secret.hash)) {
    throw ruleBroken("invitation.lost", "This invitation was made under another key; resend it.");
  }
  return { token, expiresAt: invitation.expiresAt };
}

export const tokenInput = z.object({ token: z.string().min(1).max(200) });

/** An invitation as the person who holds its token sees it. */
export const invitationPreviewSchema = z
  .object({
    organizationName: z.string(),
    invitedByName: z.string(),
    email: z.string().describe("only an account with this address can accept"),
    role: invitationViewSchema.shape.role,
    expiresAt: instant,
    expired: z.boolean(),
    forYou: z.boolean().describe("your account has the invited address"),
  })
  .meta({ id: "InvitationPreview" });

const previewStatement = statement(
  "invitation.preview",
  `select o.name as "organizationName", inviter.name as "invitedByName", i.email, i.role, i.expires_at as "expiresAt",
    exists (select from auth.users me where me.id = $2 and me.email = i.email) as "forYou"
  from organizations.invitations i
  join organizations.organizations o on o.id = i.organization_id
  join auth.users inviter on inviter.id = i.invited_by_id
  where i.token_hash = $1`,
);

/** @throws AppError `not-found` (unknown, used, withdrawn or replaced by a resent one) */
export async function previewInvitation(
  ctx: Ctx,
  input: z.output<typeof tokenInput>,
): Promise<z.output<typeof invitationPreviewSchema>> {
  const [preview] = await ctx.sql.query<Omit<z.output<typeof invitationPreviewSchema>, "expired">>(previewStatement, [
    hashOfSecret(input.token),
    ctx.actor.userId,
  ]);
  if (!preview) throw notFound("invitation");
  return { ...preview, expired: preview.expiresAt <= ctx.now.toISOString() };
}

const idStatement = statement(
  "invitation.id-of-token",
  "select organization_id as id from organizations.invitations where token_hash = $1",
);
const presentedStatement = statement(
  "invitation.presented",
  `select ${invitationColumns}, me.email as "myEmail"
  from organizations.invitations i join auth.users me on me.id = $2
  where i.token_hash = $1`,
);

export type PresentedInvitation = InvitationView & { myEmail: string };

/**
 * The invitation whose token the caller presents, with its organization locked.
 *
 * @throws AppError `not-found`
 */
export async function accessPresentedInvitation(ctx: Ctx, token: string): Promise<PresentedInvitation> {
  const hash = hashOfSecret(token);
  const [found] = await ctx.sql.query<{ id: string }>(idStatement, [hash]);
  if (!found) throw notFound("invitation");
  const [, [invitation]] = await Promise.all([
    lockOrganization(ctx, "organization", found.id),
    ctx.sql.query<PresentedInvitation>(presentedStatement, [hash, ctx.actor.userId]),
  ]);
  if (!invitation) throw notFound("invitation");
  return invitation;
}
