import { z } from "zod";
import { instant } from "../fields.ts";

export const apiTokenViewSchema = z
  .object({
    id: z.uuid(),
    userId: z.uuid(),
    name: z.string(),
    hint: z.string().describe("the last four characters of the token"),
    scopes: z.array(z.string()),
    parentId: z.uuid().nullable().describe("the token that made this one, and ends it with itself"),
    expiresAt: instant,
    createdAt: instant,
  })
  .meta({ id: "ApiToken" });
/** A token for programs that act for a person. The token itself is answered once, when it is made. */
export type ApiTokenView = z.output<typeof apiTokenViewSchema>;

export const apiTokenColumns = `t.id, t.user_id as "userId", t.name, t.hint, t.scopes, t.parent_id as "parentId", t.expires_at as "expiresAt", t.created_at as "createdAt"`;
