import { Status } from "../../../db/entities/projects.ts";
import type { Ctx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { record } from "../change.ts";
import { rankBetween, ranksBetween } from "../rank.ts";
import { save } from "../save.ts";
import { statusMoved } from "./project.events.ts";
import type { StatusView } from "./project.view.ts";

/**
 * A rank behind one of the other statuses, or ahead of all (null). Where there is no room they are spread out anew.
 * The project must be locked.
 *
 * @param others the project's other statuses, in their order
 * @throws AppError `not-found`
 */
export async function rankBehind(ctx: Ctx, others: StatusView[], afterStatusId: string | null): Promise<string> {
  const at = afterStatusId === null ? -1 : others.findIndex((status) => status.id === afterStatusId);
  if (afterStatusId !== null && at < 0) throw notFound("status", afterStatusId);
  const rank = rankBetween(others[at]?.rank ?? null, others[at + 1]?.rank ?? null);
  if (rank) return rank;
  const ranks = ranksBetween(null, null, others.length) as string[];
  for (const [place, status] of others.entries()) {
    record(ctx, statusMoved, status, await save(ctx, Status, status, { rank: ranks[place] as string }));
  }
  return rankBetween(ranks[at] ?? null, ranks[at + 1] ?? null) as string;
}
