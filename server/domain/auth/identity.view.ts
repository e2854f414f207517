import { z } from "zod";
import { instant } from "../fields.ts";

export const identityViewSchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    provider: z.string().describe("as `auth.providers` names it"),
    email: z.string().nullable().describe("what the provider said when it was linked"),
    name: z.string().nullable(),
    createdAt: instant,
  })
  .meta({ id: "Identity" });
/** What somebody is called by a provider that they can sign in with. */
export type IdentityView = z.output<typeof identityViewSchema>;

export const identityColumns = `i.id, i.user_id as "userId", i.provider, i.email, i.name, i.created_at as "createdAt"`;
