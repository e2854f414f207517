import {
  auditPageSchema,
  listAudit,
  listAuditInput,
  listOwnAudit,
  listOwnAuditInput,
} from "../server/domain/organizations/audit.queries.ts";
import { described, procedure, rest, router } from "./trpc.ts";

export const audit = router({
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/audit", "What was done in an organization, the latest first", {
        access: "audit.read",
        description: "All of it as CSV or NDJSON is at `GET /audit/export`.",
      }),
    )
    .input(listAuditInput)
    .output(described(auditPageSchema))
    .query(({ ctx, input }) => listAudit(ctx, input)),
  mine: procedure
    .meta(
      rest("GET /users/me/audit", "What happened to one's account, the latest first", {
        access: "signed-in",
        description: "Sign-ins, failed ones too, ended sessions, changes of the password.",
      }),
    )
    .input(listOwnAuditInput)
    .output(described(auditPageSchema))
    .query(({ ctx, input }) => listOwnAudit(ctx, input)),
});
