import { v7 } from "uuid";
import type { PublicCtx } from "../../context.ts";
import { conflict } from "../../errors.ts";
import type { Channel } from "../../platform/feed.ts";
import { statement } from "../../platform/sql.ts";
import { write } from "../../transaction.ts";
import { record } from "../change.ts";
import { weekOf } from "./time.calendar.ts";
import { timesheetOpened, timesheetShown } from "./time.events.ts";
import { type TimesheetView, timesheetColumns } from "./time.view.ts";

/** A sheet, and in whose channels it stands besides its own and its organization's admins'. */
export interface Sheet extends TimesheetView {
  /** Whose managers were shown it. */
  projectIds: string[];
  /** In its person's channel. */
  held: boolean;
}

export const sheetColumns = `${timesheetColumns}, ts.project_ids as "projectIds", ts.held`;

export function viewOfSheet({ projectIds: _, held: __, ...view }: Sheet): TimesheetView {
  return view;
}

/** Everywhere that an unlocked sheet stands. */
export const sheetChannels = ({ id, organizationId, userId, held, projectIds }: Sheet): Channel[] => [
  `timesheet:${id}`,
  `organization-admins:${organizationId}`,
  ...(held ? [`user:${userId}` as const] : []),
  ...projectIds.map((projectId) => `project-time:${projectId}` as const),
];

const updateStatement = statement(
  "timesheet.update",
  `update time.timesheets set state = $2, comment = $3, submitted_at = $4, decided_at = $5, decided_by_id = $6, locked_at = $7,
    project_ids = $8, held = $9, version = $10, updated_at = $11 where id = $1`,
);

/** Writes a sheet that is locked as its next version. */
export function saveSheet(ctx: PublicCtx, before: Sheet, wanted: Partial<Sheet>): Sheet {
  const saved = { ...before, ...wanted, version: before.version + 1, updatedAt: ctx.now.toISOString() };
  const { state, comment, submittedAt, decidedAt, decidedById, lockedAt, projectIds, held } = saved;
  const values = [state, comment, submittedAt, decidedAt, decidedById, lockedAt, projectIds, held];
  write(ctx, updateStatement, [saved.id, ...values, saved.version, saved.updatedAt]);
  return saved;
}

const findStatement = statement(
  "timesheet.of-day",
  `select ${sheetColumns} from time.timesheets ts
  where ts.organization_id = $1 and ts.user_id = $2 and $3 between ts.starts_on and ts.ends_on for no key update`,
);
/* A week gives way to the sheets around it. Who comes second waits for the first, and then finds its sheet. */
const openStatement = statement(
  "timesheet.open",
  `insert into time.timesheets as ts (id, organization_id, user_id, starts_on, ends_on, state, comment, project_ids, created_at, updated_at)
  select $1, $2, $3,
    greatest($4::date, (select max(b.ends_on) + 1 from time.timesheets b where b.organization_id = $2 and b.user_id = $3 and b.ends_on < $6)),
    least($5::date, (select min(a.starts_on) - 1 from time.timesheets a where a.organization_id = $2 and a.user_id = $3 and a.starts_on > $6)),
    'open', '', '{}', $7, $7
  on conflict do nothing returning ${sheetColumns}`,
);
const holdStatement = statement("timesheet.hold", "update time.timesheets set held = true where id = $1");

/** The sheet that holds somebody's day, locked; a new one if there is none yet. Its organization must be held. */
export async function sheetOfDay(
  ctx: PublicCtx,
  { organizationId, userId, weekStartsOn }: { organizationId: string; userId: string; weekStartsOn: number },
  day: string,
): Promise<Sheet> {
  const find = async () => (await ctx.sql.query<Sheet>(findStatement, [organizationId, userId, day]))[0];
  const { startsOn, endsOn } = weekOf(day, weekStartsOn);
  const values = [v7(), organizationId, userId, startsOn, endsOn, day, ctx.now];
  const found = (await find()) ?? (await open(ctx, values)) ?? (await find());
  if (!found) throw conflict("Others are changing the same week; try again.", { retry: true });
  if (found.held) return found;
  write(ctx, holdStatement, [found.id]);
  record(ctx, timesheetShown, null, viewOfSheet(found));
  return { ...found, held: true };
}

async function open(ctx: PublicCtx, values: readonly unknown[]): Promise<Sheet | undefined> {
  const [opened] = await ctx.sql.query<Sheet>(openStatement, values);
  if (opened) record(ctx, timesheetOpened, null, viewOfSheet(opened));
  return opened;
}
