import { z } from "zod";
import type { Actor } from "../context.ts";
import { AppError } from "../errors.ts";
import { organizationPermissions, projectPermissions } from "./permissions.ts";
import { permissionsOf, rightsOf } from "./rights.ts";

/** What is about the account itself and needs no permission of an organization or project. */
export const accountScope = "account";

/** What a token can be good for: the permissions by their names, and the account. */
export const scopes = [
  accountScope,
  ...Object.keys(organizationPermissions),
  ...Object.keys(projectPermissions),
] as const;
const known = new Set<string>(scopes);

/** In a fixed order, each once. */
export const scopeList = z
  .array(
    z
      .string()
      .max(64)
      .refine((name) => known.has(name), "must be a permission or `account`"),
  )
  .min(1)
  .max(200)
  .transform((list) => scopes.filter((name) => list.includes(name)))
  .meta({ description: "names of permissions, and `account` for what is about the account itself" });

/** Whether whoever acts may use a permission at all; who signed in may use all that they have. */
export const inScope = (actor: Pick<Actor, "scopes">, scope: string): boolean =>
  actor.scopes === undefined || actor.scopes.includes(scope);

/** Those of the rights in a project that a token may use. */
export const rightsInScope = (actor: Pick<Actor, "scopes">, rights: number): number =>
  actor.scopes === undefined ? rights : rightsOf(permissionsOf(rights).filter((name) => inScope(actor, name)));

/** @throws AppError `access.denied` with `details.scope` */
export function requireScope(actor: Pick<Actor, "scopes">, scope: string): void {
  if (!inScope(actor, scope)) {
    throw new AppError("access.denied", `This token is not good for ${scope}.`, { scope });
  }
}

/** What a token makes is good for no more than the token. @throws AppError `access.denied` with `details.scope` */
export function requireScopesWithin(actor: Pick<Actor, "scopes">, wanted: readonly string[]): void {
  for (const scope of wanted) requireScope(actor, scope);
}

/** What must be done by who signed in, and never by a token. @throws AppError `access.denied` (rule "in-person") */
export function requireInPerson(actor: Pick<Actor, "scopes">): void {
  if (actor.scopes === undefined) return;
  throw new AppError("access.denied", "No token may do this; sign in.", { rule: "in-person" });
}
