import { v7 } from "uuid";
import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { inTransaction, write } from "../../transaction.ts";
import { record } from "../change.ts";
import { deliveryChannels, deliveryModes, eventSchema } from "./event.matrix.ts";
import {
  preferenceChanged,
  preferenceMade,
  preferenceReset,
  settingsChanged,
  settingsMade,
} from "./notification.events.ts";
import { accessScope, type Scope, scopeFields } from "./preference.access.ts";
import {
  type Modes,
  type PreferenceView,
  preferenceColumns,
  type SettingsView,
  settingsColumns,
} from "./preference.view.ts";
import { noPeace } from "./quiet-hours.ts";

const cell = z
  .strictObject({
    event: eventSchema,
    channel: z.enum(deliveryChannels),
    mode: z.enum(deliveryModes).nullable().describe("null: as less specific wishes say"),
  })
  .refine(
    ({ channel, mode }) => channel !== "inApp" || mode === null || mode === "instant" || mode === "off",
    "the inbox gathers nothing: instant or off",
  );

export const setPreferencesInput = z.object({ ...scopeFields, cells: z.array(cell).min(1).max(100) });
export const resetPreferencesInput = z.object(scopeFields);

/** One person's devices wait for each other; nobody else does. */
const lockStatement = statement(
  "notification-preference.lock",
  "select pg_advisory_xact_lock(hashtextextended('notifications.preferences:' || $1::uuid, 0))",
);
const settingsStatement = statement(
  "notification-settings.read",
  `select ${settingsColumns} from notifications.settings ns where ns.id = $1`,
);
const saveSettingsStatement = statement(
  "notification-settings.save",
  `insert into notifications.settings (id, modes, quiet_from, quiet_to, hold_days_off, digest_hour, created_at, updated_at, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (id) do update set modes = excluded.modes, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
    hold_days_off = excluded.hold_days_off, digest_hour = excluded.digest_hour, updated_at = excluded.updated_at, version = excluded.version`,
);
const preferenceStatement = statement(
  "notification-preference.read",
  `select ${preferenceColumns} from notifications.preferences np
  where np.user_id = $1 and np.organization_id = $2 and np.project_id is not distinct from $3`,
);
const savePreferenceStatement = statement(
  "notification-preference.save",
  `insert into notifications.preferences (id, organization_id, project_id, user_id, modes, created_at, updated_at, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (id, organization_id) do update set modes = excluded.modes, updated_at = excluded.updated_at, version = excluded.version`,
);
const deletePreferenceStatement = statement(
  "notification-preference.delete",
  "delete from notifications.preferences where id = $1",
);

/** Some cells of the matrix changed, in the order of the matrix's words, so that equal wishes are equal. */
function withCells(modes: Modes, cells: z.output<typeof cell>[]): Modes {
  const changed: Record<string, Record<string, string>> = structuredClone(modes);
  for (const { event, channel, mode } of cells) {
    const { [channel]: _, ...others } = changed[event] ?? {};
    const wishes = mode ? { ...others, [channel]: mode } : others;
    if (Object.keys(wishes).length > 0) changed[event] = sorted(wishes);
    else delete changed[event];
  }
  return sorted(changed) as Modes;
}

/** As jsonb sorts keys: the shorter first, then by bytes. */
const sorted = <T>(values: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)));

/** What applies to somebody everywhere; before they ever said something, what the product says. */
async function lockSettings(ctx: Ctx): Promise<{ settings: SettingsView; isNew: boolean }> {
  const [, [settings]] = await Promise.all([
    ctx.sql.query(lockStatement, [ctx.actor.userId]),
    ctx.sql.query<SettingsView>(settingsStatement, [ctx.actor.userId]),
  ]);
  const at = ctx.now.toISOString();
  const fresh = { id: ctx.actor.userId, modes: {}, ...noPeace, createdAt: at, updatedAt: at, version: 0 };
  return { settings: settings ?? fresh, isNew: !settings };
}

async function saveSettings(ctx: Ctx, change: (before: SettingsView) => Partial<SettingsView>): Promise<SettingsView> {
  const { settings, isNew } = await lockSettings(ctx);
  const wanted = { ...settings, ...change(settings) };
  if (!isNew && JSON.stringify(wanted) === JSON.stringify(settings)) return settings;
  const saved = { ...wanted, updatedAt: ctx.now.toISOString(), version: settings.version + 1 };
  const { id, modes, quietFrom, quietTo, holdDaysOff, digestHour, createdAt, updatedAt, version } = saved;
  const values = [
    id,
    JSON.stringify(modes),
    quietFrom,
    quietTo,
    holdDaysOff,
    digestHour,
    createdAt,
    updatedAt,
    version,
  ];
  write(ctx, saveSettingsStatement, values);
  return record(ctx, isNew ? settingsMade : settingsChanged, isNew ? null : settings, saved);
}

async function lockPreference(ctx: Ctx, scope: Scope): Promise<PreferenceView | undefined> {
  const [, [preference]] = await Promise.all([
    ctx.sql.query(lockStatement, [ctx.actor.userId]),
    ctx.sql.query<PreferenceView>(preferenceStatement, [ctx.actor.userId, scope.organizationId, scope.projectId]),
  ]);
  return preference;
}

function dropPreference(ctx: Ctx, preference: PreferenceView): void {
  write(ctx, deletePreferenceStatement, [preference.id]);
  record(ctx, preferenceReset, preference, null);
}

/**
 * Chooses how the caller is told of some events: in a project, in an organization, or wherever nothing more specific was
 * chosen. The same choice changes nothing.
 *
 * @returns what the caller wishes there now
 * @throws AppError `not-found`
 */
export const setPreferences = (
  ctx: Ctx,
  { cells, ...asked }: z.output<typeof setPreferencesInput>,
): Promise<{ modes: Modes }> =>
  inTransaction(ctx, async (ctx) => {
    const scope = await accessScope(ctx, asked);
    if (!scope) {
      const { modes } = await saveSettings(ctx, (before) => ({ modes: withCells(before.modes, cells) }));
      return { modes };
    }
    const before = await lockPreference(ctx, scope);
    const modes = withCells(before?.modes ?? {}, cells);
    if (JSON.stringify(modes) === JSON.stringify(before?.modes ?? {})) return { modes };
    if (before && Object.keys(modes).length === 0) {
      dropPreference(ctx, before);
      return { modes };
    }
    const at = ctx.now.toISOString();
    const { organizationId, projectId } = scope;
    const fresh = { id: v7(), organizationId, projectId, userId: ctx.actor.userId, createdAt: at, version: 0 };
    const kept = before ?? fresh;
    const after: PreferenceView = { ...kept, modes, updatedAt: at, version: kept.version + 1 };
    const { id, userId, createdAt, updatedAt, version } = after;
    const values = [id, organizationId, projectId, userId, JSON.stringify(modes), createdAt, updatedAt, version];
    write(ctx, savePreferenceStatement, values);
    record(ctx, before ? preferenceChanged : preferenceMade, before ?? null, after);
    return { modes };
  });

/**
 * Forgets what the caller chose in a project, in an organization, or for everywhere; the hours of rest stay. Repeated, it
 * changes nothing.
 *
 * @throws AppError `not-found`
 */
export const resetPreferences = (ctx: Ctx, asked: z.output<typeof resetPreferencesInput>): Promise<{ modes: Modes }> =>
  inTransaction(ctx, async (ctx) => {
    const scope = await accessScope(ctx, asked);
    if (scope) {
      const before = await lockPreference(ctx, scope);
      if (before) dropPreference(ctx, before);
    } else if (!(await lockSettings(ctx)).isNew) {
      await saveSettings(ctx, () => ({ modes: {} }));
    }
    return { modes: {} };
  });

const time = z.iso.time({ precision: -1 }).describe("`22:00`, in the person's time zone");

export const setHoursInput = z.object({
  quietFrom: time.nullable().optional(),
  quietTo: time.nullable().optional(),
  holdDaysOff: z.boolean().optional(),
  digestHour: z.int().min(0).max(23).optional(),
});

/**
 * Chooses when mail and push leave the caller in peace, and when daily digests come. What is left out stays. Quiet hours
 * need both ends, and end where they began in none.
 */
export const setHours = (ctx: Ctx, input: z.output<typeof setHoursInput>): Promise<SettingsView> =>
  inTransaction(ctx, (ctx) =>
    saveSettings(ctx, (before) => {
      const { quietFrom = before.quietFrom, quietTo = before.quietTo } = input;
      const { holdDaysOff = before.holdDaysOff, digestHour = before.digestHour } = input;
      const hasBoth = quietFrom !== null && quietTo !== null && quietFrom !== quietTo;
      const quiet = hasBoth ? { quietFrom, quietTo } : { quietFrom: null, quietTo: null };
      return { ...quiet, holdDaysOff, digestHour };
    }),
  );
