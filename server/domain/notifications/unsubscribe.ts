import { NIL } from "uuid";
import { z } from "zod";
import { actingAs, type PublicCtx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { sealedTokens } from "../../platform/sealed-tokens.ts";
import { eventMatrix, type NotificationEvent, notificationEvents } from "./event.matrix.ts";
import { setPreferences } from "./set-preferences.ts";

/** Longer than letters are kept unread. */
const holdsDays = 400;

const wordsSchema = z.object({
  userId: z.uuid(),
  organizationId: z.uuid().optional(),
  projectId: z.uuid().optional(),
  events: z.array(z.enum(notificationEvents)).min(1),
});
type Words = z.output<typeof wordsSchema>;

/** What a letter tells whom. */
interface Told {
  readonly userId: string;
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly items: readonly { readonly event: NotificationEvent }[];
}

const tokens = ({ app }: PublicCtx) => sealedTokens<Words>(app.config, "unsubscribe");

/**
 * Where one click switches off mail of the kinds that a letter is of, in the project it is about, else in the
 * organization; nothing else can be done with it.
 */
export async function unsubscribeUrl(ctx: PublicCtx, delivery: Told): Promise<string> {
  const { userId, organizationId, projectId, items } = delivery;
  const events = [...new Set(items.map(({ event }) => event))];
  // Who is invited is in no organization yet.
  const scope = events.includes("invited") ? {} : projectId ? { projectId } : { organizationId };
  const expiresAt = new Date(ctx.now.getTime() + holdsDays * 86_400_000);
  const token = await tokens(ctx).seal({ userId, ...scope, events }, expiresAt);
  return `${ctx.app.config.publicUrl}/mail/unsubscribe?token=${token}`;
}

/** What a link would switch off, in words. @throws AppError `auth.invalid` | `auth.expired` */
export async function readUnsubscribe(ctx: PublicCtx, token: string): Promise<{ kinds: string[]; where: string }> {
  const { events, projectId, organizationId } = await open(ctx, token);
  return {
    kinds: events.map((event: NotificationEvent) => eventMatrix[event].summary),
    where: projectId ? "in this project" : organizationId ? "in this organization" : "",
  };
}

/**
 * Switches off mail as its person would. Repeated, or when they are no longer there, it changes nothing.
 *
 * @throws AppError `auth.invalid` | `auth.expired`
 */
export async function unsubscribe(ctx: PublicCtx, token: string): Promise<void> {
  const { userId, events, ...scope } = await open(ctx, token);
  const cells = events.map((event) => ({ event, channel: "mail" as const, mode: "off" as const }));
  try {
    await setPreferences(actingAs(ctx, { userId, sessionId: NIL }), { ...scope, cells });
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not-found")) throw error; // else nothing more is sent anyway
  }
}

async function open(ctx: PublicCtx, token: string): Promise<Words> {
  return wordsSchema.parse(await tokens(ctx).open(token));
}
