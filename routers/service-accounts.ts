import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import {
  createServiceAccount,
  createServiceAccountInput,
} from "../server/domain/organizations/create-service-account.ts";
import { deleteServiceAccount, serviceAccountInput } from "../server/domain/organizations/delete-service-account.ts";
import { listInOrganizationInput } from "../server/domain/organizations/organization.queries.ts";
import { listServiceAccounts } from "../server/domain/organizations/service-account.access.ts";
import { serviceAccountViewSchema } from "../server/domain/organizations/service-account.view.ts";
import {
  addServiceSecret,
  addServiceSecretInput,
  removeServiceSecret,
  removeServiceSecretInput,
  withSecretSchema,
} from "../server/domain/organizations/service-secret.ts";
import {
  updateServiceAccount,
  updateServiceAccountInput,
} from "../server/domain/organizations/update-service-account.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

const access = "service-account.manage";

export const serviceAccounts = router({
  list: procedure
    .meta(
      rest("GET /organizations/{organizationId}/service-accounts", "List an organization's service accounts, by name", {
        access,
      }),
    )
    .input(listInOrganizationInput)
    .output(pageOf(serviceAccountViewSchema))
    .query(({ ctx, input }) => listServiceAccounts(ctx, input)),
  create: procedure
    .meta(
      rest("POST /organizations/{organizationId}/service-accounts", "Make an account for a program", {
        access,
        description:
          "The secret is answered this once. With it the program gets access tokens from `POST /auth/token`; what it may do, its role says.",
        example: {
          input: {
            organizationId: "01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05",
            name: "Importer",
            role: "guest",
            scopes: ["project.read", "task.read", "task.create"],
          },
        },
      }),
    )
    .input(mutates(createServiceAccountInput))
    .output(withSecretSchema)
    .mutation(({ ctx, input }) => createServiceAccount(ctx, input)),
  update: procedure
    .meta(rest("PATCH /service-accounts/{serviceAccountId}", "Change a service account", { access }))
    .input(mutates(updateServiceAccountInput))
    .output(serviceAccountViewSchema)
    .mutation(({ ctx, input }) => updateServiceAccount(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /service-accounts/{serviceAccountId}", "Delete a service account", {
        access,
        description: "Ends its secrets, its tokens and its membership. What it did stays, under its name.",
      }),
    )
    .input(mutates(serviceAccountInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteServiceAccount(ctx, input)),
  addSecret: procedure
    .meta(
      rest("POST /service-accounts/{serviceAccountId}/secrets", "Give a service account another secret", {
        access,
        description: "So that the old one can be replaced without a gap. Answered this once.",
      }),
    )
    .input(mutates(addServiceSecretInput))
    .output(withSecretSchema)
    .mutation(({ ctx, input }) => addServiceSecret(ctx, input)),
  removeSecret: procedure
    .meta(
      rest("DELETE /service-accounts/{serviceAccountId}/secrets/{secretId}", "Take a secret away", {
        access,
        description: "The tokens that it gave end within a second.",
      }),
    )
    .input(mutates(removeServiceSecretInput))
    .output(serviceAccountViewSchema)
    .mutation(({ ctx, input }) => removeServiceSecret(ctx, input)),
});
