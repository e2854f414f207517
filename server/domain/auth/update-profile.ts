import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction } from "../../transaction.ts";
import { record } from "../change.ts";
import { profileChange } from "../consequences.ts";
import { name, seenVersion } from "../fields.ts";
import { requireSeen } from "../save.ts";
import { userUpdated } from "./auth.events.ts";
import { themes, type UserView, userColumns } from "./auth.view.ts";

const weekday = z.int().min(1).max(7);

export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, "must be an IANA time zone such as Europe/Berlin")
  .meta({ description: "IANA, such as `Europe/Berlin`" });

export const updateProfileInput = z.object({
  name: name(100).optional(),
  locale: z
    .string()
    .max(35)
    .refine(isLocale, "must be a BCP 47 tag such as de-CH")
    .optional()
    .meta({ description: "BCP 47, such as `de-CH`" }),
  timeZone: timeZone.optional(),
  workingDays: z
    .array(weekday)
    .max(7)
    .transform((days) => [...new Set(days)].sort())
    .optional()
    .meta({ description: "ISO 8601 weekdays, 1 for Monday to 7" }),
  weekStartsOn: weekday.optional(),
  theme: z.enum(themes).optional(),
  version: seenVersion,
});

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

/** A place, not an offset: offsets know nothing of summer time. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * Changes those fields of the caller's profile that are given. A new name shows in all their organizations.
 *
 * @throws AppError `stale`
 */
export const updateProfile = (
  ctx: Ctx,
  { version, ...wanted }: z.output<typeof updateProfileInput>,
): Promise<UserView> =>
  inTransaction(ctx, (ctx) =>
    wanted.name === undefined
      ? saveProfile(ctx, wanted, version)
      : profileChange.around(ctx, { userId: ctx.actor.userId }, () => saveProfile(ctx, wanted, version)),
  );

type Profile = Omit<z.output<typeof updateProfileInput>, "version"> & { avatarId?: string | null };

const lockStatement = statement(
  "profile.lock",
  `select ${userColumns} from auth.users u where u.id = $1 for no key update`,
);
const saveStatement = statement(
  "profile.save",
  `update auth.users u set name = $2, locale = $3, time_zone = $4, working_days = $5, week_starts_on = $6, theme = $7,
    avatar_id = $8, version = u.version + 1, updated_at = $9
  where u.id = $1 returning ${userColumns}`,
);

/** Within a transaction, and within `profileChange` for what others see. @throws AppError `stale` */
export async function saveProfile(ctx: Ctx, wanted: Profile, seen?: number): Promise<UserView> {
  const { userId } = ctx.actor;
  const [before] = await ctx.sql.query<UserView>(lockStatement, [userId]);
  if (!before) throw notFound("user", userId);
  requireSeen(before, seen);
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const after = { ...before, ...given };
  if (JSON.stringify(after) === JSON.stringify(before)) return before;
  const { name, locale, timeZone, workingDays, weekStartsOn, theme, avatarId } = after;
  const values = [userId, name, locale, timeZone, workingDays, weekStartsOn, theme, avatarId, ctx.now];
  const [saved] = await ctx.sql.query<UserView>(saveStatement, values);
  return record(ctx, userUpdated, before, saved as UserView);
}
