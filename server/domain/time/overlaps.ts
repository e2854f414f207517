import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import type { TimeEntryView } from "./time.view.ts";

const overlapsStatement = statement(
  "time-entry.overlaps",
  `with given as (
    select at, tstzrange(f::timestamptz, t::timestamptz) as span
    from unnest($3::text[], $4::text[]) with ordinality as x (f, t, at) where f is not null
  )
  select (given.at - 1)::int as at from given
  where exists (select from given other where other.at < given.at and other.span && given.span)
    or exists (select from time.entries te where te.organization_id = $1 and te.user_id = $2 and te.exclusive
      and te.started_at is not null and tstzrange(te.started_at, te.ended_at) && given.span)
  order by given.at`,
);

/** Which of one person's new entries overlap an earlier one of them, or booked time. */
export async function overlapsAmong(ctx: PublicCtx, entries: readonly TimeEntryView[]): Promise<number[]> {
  const [first] = entries;
  if (!first) return [];
  const [from, to] = [entries.map((entry) => entry.startedAt), entries.map((entry) => entry.endedAt)];
  const rows = await ctx.sql.query<{ at: number }>(overlapsStatement, [first.organizationId, first.userId, from, to]);
  return rows.map(({ at }) => at);
}
