import { type DeliveryChannel, type DeliveryMode, eventMatrix, type NotificationEvent } from "./event.matrix.ts";
import type { Modes } from "./preference.view.ts";

/** Where a mode was decided, the most specific first. */
export const preferenceSources = ["project", "organization", "personal", "product"] as const;
export type PreferenceSource = (typeof preferenceSources)[number];

/** What somebody wished, as far as it applies to one project, or to one organization. */
export interface Wishes {
  readonly project: Modes | null;
  readonly organization: Modes | null;
  readonly personal: Modes | null;
}

/** How an event reaches somebody by a channel: as the most specific of their wishes says, cell by cell. */
export function resolvePreference(
  wishes: Wishes,
  event: NotificationEvent,
  channel: DeliveryChannel,
): { mode: DeliveryMode; source: PreferenceSource } {
  for (const source of ["project", "organization", "personal"] as const) {
    const mode = wishes[source]?.[event]?.[channel];
    if (mode) return { mode, source };
  }
  return { mode: eventMatrix[event].modes[channel], source: "product" };
}
