import { z } from "zod";
import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { type IdentityView, identityColumns, identityViewSchema } from "./identity.view.ts";

export const identitiesSchema = z.object({ items: z.array(identityViewSchema) });
export const providersSchema = z.object({
  items: z.array(
    z.object({
      provider: z.string(),
      label: z.string().describe("for a button"),
      startUrl: z.string().describe("where a browser goes to sign in; add `return_to`"),
    }),
  ),
});

const listStatement = statement(
  "identities.list",
  `select ${identityColumns} from auth.identities i where i.user_id = $1 order by i.id`,
);

/** What the caller can sign in with besides a password. */
export async function listIdentities(ctx: Ctx): Promise<z.output<typeof identitiesSchema>> {
  return { items: await ctx.sql.query<IdentityView>(listStatement, [ctx.actor.userId]) };
}

/** Whom this server lets people sign in with, for a page that asks. */
export function listProviders({ app }: PublicCtx): z.output<typeof providersSchema> {
  const items = [...app.identityProviders.values()].map(({ name: provider, label }) => ({
    provider,
    label,
    startUrl: `${app.config.publicUrl}/auth/${provider}/start`,
  }));
  return { items };
}
