import { defineChange } from "../change.ts";
import { sessionViewSchema, userViewSchema } from "./auth.view.ts";

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
