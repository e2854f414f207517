import type { PublicCtx } from "../../context.ts";
import type { AnyChange } from "../events.ts";
import { eventCatalogue } from "./event.catalogue.ts";
import type { Before, Details, Subject, Way } from "./event.rules.ts";
import { tellPeople } from "./tell-people.ts";

/** A line of the catalogue, for changes whose type was looked up. */
interface AnyRule {
  about(change: AnyChange): Subject;
  readonly ways: readonly (Way & { when?: (change: AnyChange) => boolean })[];
  details?(change: AnyChange, before: Before | null, statusNames: Record<string, string>): Details;
}

const rules = new Map(eventCatalogue.map((rule) => [rule.on.type, rule as unknown as AnyRule]));

/** The facts that somebody may have to be told of. */
export const toldFacts = eventCatalogue.map(({ on }) => on);

/** Tells people of a change, as the catalogue says. */
export async function tellChange(ctx: PublicCtx, change: AnyChange): Promise<void> {
  const rule = rules.get(change.type);
  const ways = rule?.ways.filter((way) => isSaid(way, change)) ?? [];
  if (!rule || ways.length === 0) return;
  const { details } = rule;
  await tellPeople(ctx, {
    subject: rule.about(change),
    actorId: change.actorId,
    ways,
    change,
    ...(details ? { details: (before, names) => details(change, before, names) } : {}),
  });
}

function isSaid(way: AnyRule["ways"][number], change: AnyChange): boolean {
  if (way.when && !way.when(change)) return false;
  return way.to !== "named" || (way.people?.(change as never, null).length ?? 0) > 0;
}
