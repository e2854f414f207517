import { z } from "zod";
import type { Change } from "../platform/feed.ts";
import * as analytics from "./analytics/analytics.events.ts";
import * as auth from "./auth/auth.events.ts";
import * as comments from "./comments/comment.events.ts";
import * as files from "./files/file.events.ts";
import * as notifications from "./notifications/notification.events.ts";
import * as push from "./notifications/push.events.ts";
import * as organizations from "./organizations/organization.events.ts";
import * as projects from "./projects/project.events.ts";
import * as workflow from "./projects/workflow.events.ts";
import * as planning from "./tasks/planning.events.ts";
import * as tasks from "./tasks/task.events.ts";
import * as time from "./time/time.events.ts";

/** Every fact that can enter the feed: what a domain's `*.events.ts` exports is in the catalogue. */
const facts = {
  ...auth,
  ...organizations,
  ...projects,
  ...workflow,
  ...tasks,
  ...planning,
  ...time,
  ...comments,
  ...files,
  ...notifications,
  ...push,
  ...analytics,
};
type Definition = (typeof facts)[keyof typeof facts];

export const catalogue: readonly Definition[] = Object.values(facts);

/** `task.moved` and all the others. */
export type ChangeType = Definition["type"];

type ViewOf<D> = D extends { view: infer S extends z.ZodType } ? z.output<S> : never;

/** The entities of the snapshots, by name. */
export type EntityViews = { [D in Definition as D["entity"]]: ViewOf<D> };
export type EntityName = keyof EntityViews;

/** The schema of each entity's view, by the entity's name. */
export const entityViews = Object.fromEntries(
  catalogue.map(({ entity, view }) => [entity, z.array(view)]),
) as unknown as {
  [E in EntityName]: z.ZodArray<z.ZodType<EntityViews[E]>>;
};

type PatchOf<D extends Definition> = D["op"] extends "create"
  ? ViewOf<D>
  : D["op"] extends "update"
    ? Partial<ViewOf<D>>
    : Record<string, never>;

/** A change of one type, with the patch typed as its entity's view. */
export type ChangeOf<T extends ChangeType> = Omit<Change, "type" | "entity" | "op" | "patch"> &
  {
    [D in Definition as D["type"]]: { type: D["type"]; entity: D["entity"]; op: D["op"]; patch: PatchOf<D> };
  }[T];

/** Any change, told apart by `type`. */
export type AnyChange = { [T in ChangeType]: ChangeOf<T> }[ChangeType];
