import { z } from "zod";
import { instant } from "../fields.ts";

const serviceSecret = z.object({
  id: z.uuid(),
  hint: z.string().describe("the last four characters of the secret"),
  createdAt: instant,
  expiresAt: instant.nullable(),
});

export const serviceAccountViewSchema = z
  .object({
    id: z.uuid().describe("the account's id, and its `client_id`"),
    organizationId: z.uuid(),
    name: z.string(),
    description: z.string(),
    scopes: z.array(z.string()).describe("what its tokens can be good for; what it may do, its role says"),
    secrets: z.array(serviceSecret),
    createdById: z.uuid(),
    createdAt: instant,
    updatedAt: instant,
    version: z.int(),
  })
  .meta({ id: "ServiceAccount" });
/** An account for a program: a member of one organization that signs in by a secret. */
export type ServiceAccountView = z.output<typeof serviceAccountViewSchema>;

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Of service_accounts `sa`. */
export const serviceAccountColumns = `sa.id, sa.organization_id as "organizationId", (select u.name from auth.users u where u.id = sa.id) as name,
  sa.description, sa.scopes, (select coalesce(json_agg(json_build_object('id', k.id, 'hint', k.hint, 'createdAt', ${iso("k.created_at")},
    'expiresAt', ${iso("k.expires_at")}) order by k.created_at, k.id), '[]') from organizations.service_secrets k where k.service_account_id = sa.id) as secrets,
  sa.created_by_id as "createdById", sa.created_at as "createdAt", sa.updated_at as "updatedAt", sa.version`;
