import { v7 } from "uuid";
import type { z } from "zod";
import type { PublicCtx } from "../context.ts";
import type { Channel, PendingChange } from "../platform/feed.ts";
import { audit } from "./audit.ts";

/** Every view has an id; mutable ones a version. */
export type View = { id: string };

/** A fact that can enter the feed, declared once; types of sockets, workers and clients are derived from it. */
export interface ChangeDefinition<
  Type extends string = string,
  Entity extends string = string,
  Op extends PendingChange["op"] = PendingChange["op"],
  Schema extends z.ZodType<View> = z.ZodType<View>,
> {
  readonly type: Type;
  readonly entity: Entity;
  /** How a client's copy changes. */
  readonly op: Op;
  readonly view: Schema;
  /** Who hears it; several channels when the entity lives in several snapshots. */
  readonly channel: (view: z.output<Schema>) => Channel | readonly Channel[];
  /** Matters for security or administration: the audit log is told, too. */
  readonly audited?: boolean;
}

export function defineChange<
  const Type extends string,
  const Entity extends string,
  const Op extends PendingChange["op"],
  Schema extends z.ZodType<View>,
>(definition: ChangeDefinition<Type, Entity, Op, Schema>): ChangeDefinition<Type, Entity, Op, Schema> {
  return definition;
}

interface RecordOptions {
  /** People who may no longer read these channels from this change on. */
  revokes?: string[];
  /** Instead of the definition's channels. */
  channels?: readonly Channel[];
}

/**
 * Adds a fact to the transaction; it joins the feed if that commits. The change carries what differs between the two
 * views, or nothing is recorded when nothing differs.
 *
 * @param before the entity as it was; null when it is new
 * @param after the entity as it is; null when it is gone
 * @returns `after`
 */
export function record<V extends View, After extends V | null>(
  ctx: PublicCtx,
  definition: ChangeDefinition<string, string, PendingChange["op"], z.ZodType<V>>,
  before: V | null,
  after: After,
  options: RecordOptions = {},
): After {
  if (!ctx.transaction) throw new Error(`${definition.type} was recorded outside a transaction`);
  const view = after ?? before;
  if (!view) throw new Error(`${definition.type} is about nothing`);
  const difference = differenceOf(definition.op, before, after);
  if (definition.op === "update" && Object.keys(difference.patch).length === 0 && !options.revokes) return after;
  if (definition.audited) auditChange(ctx, definition, view, before, after, difference);
  const channels = options.channels ?? [definition.channel(view)].flat();
  for (const channel of channels) {
    ctx.transaction.changes.push({
      channel,
      id: v7(),
      type: definition.type,
      entity: definition.entity,
      op: definition.op,
      entityId: view.id,
      ...difference,
      revokes: options.revokes?.length ? options.revokes : null,
    });
  }
  return after;
}

/** An organization's admins hear of what has to do with it, and of the rest the person whom it concerns. */
function auditChange(
  ctx: PublicCtx,
  { type, entity, op }: Pick<ChangeDefinition, "type" | "entity" | "op">,
  view: View & { organizationId?: string; userId?: string | null },
  before: View | null,
  after: View | null,
  difference: Pick<PendingChange, "patch" | "before">,
): void {
  const { version: _, updatedAt: __, ...changed } = difference.patch;
  void audit(ctx, {
    action: type,
    organizationId: entity === "organization" ? view.id : (view.organizationId ?? null),
    subjectId: entity === "user" ? view.id : (view.userId ?? null),
    target: { type: entity, id: view.id },
    before: op === "update" ? difference.before : before,
    after: op === "update" ? changed : after,
  });
}

function differenceOf(
  op: PendingChange["op"],
  before: View | null,
  after: View | null,
): Pick<PendingChange, "patch" | "before"> {
  if (op === "delete") return { patch: {}, before: null };
  if (op === "create" || !before) return { patch: { ...after }, before: null };
  const old = before as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  const replaced: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after ?? {})) {
    if (sameJson(old[field], value)) continue;
    patch[field] = value;
    if (field !== "version" && field !== "updatedAt") replaced[field] = old[field] ?? null;
  }
  return { patch, before: replaced };
}

const sameJson = (a: unknown, b: unknown) =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
