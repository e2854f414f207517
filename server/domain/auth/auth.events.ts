import { defineChange } from "../change.ts";
import { apiTokenViewSchema } from "./api-token.view.ts";
import { sessionViewSchema, userViewSchema } from "./auth.view.ts";
import { identityViewSchema } from "./identity.view.ts";

/** Somebody signed in on a device. */
export const sessionStarted = defineChange({
  type: "session.started",
  entity: "session",
  op: "create",
  view: sessionViewSchema,
  channel: (session) => `user:${session.userId}`,
  audited: true,
});

/** A session is kept for longer, because it is used. */
export const sessionExtended = defineChange({
  ...sessionStarted,
  type: "session.extended",
  op: "update",
  audited: false,
});

/** Signed out, revoked, or ended because a refresh token was replayed. */
export const sessionEnded = defineChange({ ...sessionStarted, type: "session.ended", op: "delete" });

/** A token for programs that act for the person. */
export const apiTokenCreated = defineChange({
  type: "api-token.created",
  entity: "apiToken",
  op: "create",
  view: apiTokenViewSchema,
  channel: (token) => `user:${token.userId}`,
  audited: true,
});

/** Revoked, or long expired. */
export const apiTokenRevoked = defineChange({ ...apiTokenCreated, type: "api-token.revoked", op: "delete" });

/** The account was opened. */
export const userRegistered = defineChange({
  type: "user.registered",
  entity: "user",
  op: "create",
  view: userViewSchema,
  channel: (user) => `user:${user.id}`,
  audited: true,
});

/** Name, picture or preferences are other ones now. */
export const userUpdated = defineChange({ ...userRegistered, type: "user.updated", op: "update", audited: false });

/** The password is another one now. */
export const passwordChanged = defineChange({ ...userRegistered, type: "user.password-changed", op: "update" });

/** A sign-in takes two steps now. */
export const twoFactorEnabled = defineChange({ ...userRegistered, type: "user.two-factor-enabled", op: "update" });

/** One step is enough again. */
export const twoFactorDisabled = defineChange({ ...userRegistered, type: "user.two-factor-disabled", op: "update" });

/** Somebody signed in, or turned the second factor off, without the authenticator app. */
export const recoveryCodeUsed = defineChange({ ...userRegistered, type: "user.recovery-code-used", op: "update" });

/** The old recovery codes are void. */
export const recoveryCodesRenewed = defineChange({
  ...userRegistered,
  type: "user.recovery-codes-renewed",
  op: "update",
});

/** Mail to the address was proved to arrive. */
export const emailVerified = defineChange({ ...userRegistered, type: "user.email-verified", op: "update" });

/** The account has another address, which was proved. */
export const emailChanged = defineChange({ ...userRegistered, type: "user.email-changed", op: "update" });

/** One can sign in with somebody else's word. */
export const identityLinked = defineChange({
  type: "identity.linked",
  entity: "identity",
  op: "create",
  view: identityViewSchema,
  channel: (identity) => `user:${identity.userId}`,
  audited: true,
});

/** One cannot any more. */
export const identityUnlinked = defineChange({ ...identityLinked, type: "identity.unlinked", op: "delete" });
