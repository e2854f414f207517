import { z } from "zod";
import { instant } from "../fields.ts";

export const userKinds = ["person", "service"] as const;
export const themes = ["system", "light", "dark"] as const;

/** Where a picture is: `/avatars/<avatarId>`. */
export const avatarId = z.uuid().nullable().describe("the picture is at `/avatars/{avatarId}`; null: there is none");

export const userViewSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(userKinds).describe("`service`: no person, but an account for a program"),
    email: z.string(),
    name: z.string(),
    avatarId,
    locale: z.string().describe("BCP 47, such as `de-CH`"),
    timeZone: z.string().describe("IANA, such as `Europe/Berlin`"),
    workingDays: z.array(z.int()).describe("ISO 8601 weekdays, 1 for Monday to 7"),
    weekStartsOn: z.int().describe("ISO 8601 weekday"),
    theme: z.enum(themes),
    emailVerifiedAt: instant.nullable().describe("when mail to the address was proved to arrive; null: not yet"),
    hasPassword: z.boolean().describe("false: signs in with an identity alone"),
    twoFactorSince: instant.nullable().describe("null: one factor is enough to sign in"),
    recoveryCodesLeft: z.int(),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "User" });
/** An account, as its owner sees it. */
export type UserView = z.output<typeof userViewSchema>;

export const userColumns = `u.id, u.kind, u.email, u.name, u.avatar_id as "avatarId", u.locale, u.time_zone as "timeZone",
  u.working_days as "workingDays", u.week_starts_on as "weekStartsOn", u.theme, u.email_verified_at as "emailVerifiedAt",
  u.password_hash is not null as "hasPassword", u.two_factor_since as "twoFactorSince", u.recovery_codes_left as "recoveryCodesLeft",
  u.created_at as "createdAt", u.updated_at as "updatedAt", u.version`;

export const sessionViewSchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    ip: z.string(),
    userAgent: z.string(),
    createdAt: instant,
    expiresAt: instant,
  })
  .meta({ id: "Session" });
/** One sign-in of a person, on one device. */
export type SessionView = z.output<typeof sessionViewSchema>;

export const sessionColumns = `s.id, s.user_id as "userId", s.ip, s.user_agent as "userAgent", s.created_at as "createdAt", s.expires_at as "expiresAt"`;

/** What a client needs from now on. With a cookie there is no refresh token: the cookie is what lasts. */
export const grantSchema = z.object({
  session: sessionViewSchema,
  accessToken: z.string().describe("for `Authorization: Bearer` and the socket's `auth.token`"),
  accessTokenExpiresAt: instant,
  refreshToken: z.string().nullable().describe("good once; null for a session by cookie"),
  csrfToken: z.string().nullable().describe("to be sent as `x-csrf-token` with every mutation; null for bearer tokens"),
});
export type Grant = z.output<typeof grantSchema>;

export const signedInSchema = grantSchema.extend({ user: userViewSchema });
export type SignedIn = z.output<typeof signedInSchema>;
