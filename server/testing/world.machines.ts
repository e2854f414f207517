import type { Actor } from "../context.ts";
import type { OrganizationPermission, ProjectPermission } from "../domain/permissions.ts";
import type { Scene } from "./scene.ts";

/** What the person with composed roles holds besides what members of the organization and viewers of the project have. */
export const composed: {
  readonly organization: readonly OrganizationPermission[];
  readonly project: readonly ProjectPermission[];
} = {
  organization: ["team.manage", "audit.read", "organization-file.manage"],
  project: ["task.move", "label.manage", "comment.create", "comment.update-own"],
};

interface Place {
  readonly organizationId: string;
  readonly projectId: string;
  readonly owner: Actor;
}

/** Somebody with a composed role in the organization and one in the project. */
export async function buildComposedPerson(
  scene: Scene,
  { organizationId, projectId, owner }: Place,
): Promise<{ person: Actor; roleIds: string[] }> {
  const { roles, members, projectMembers } = scene.caller(owner);
  const person = await scene.join(organizationId, await scene.person(), "member");
  const { userId } = person;
  const ofOrganization = await roles.create({
    ...{ organizationId, level: "organization", name: "Composed" },
    permissions: [...composed.organization],
  });
  const ofProject = await roles.create({
    ...{ organizationId, level: "project", name: "Composed" },
    permissions: [...composed.project],
  });
  await members.updateRole({ organizationId, userId, roleId: ofOrganization.id });
  await projectMembers.add({ projectId, userId, roleId: ofProject.id });
  return { person, roleIds: [ofOrganization.id, ofProject.id] };
}

/** An API token of the owner, and an account for a program with its secret. */
export async function buildTokens(
  scene: Scene,
  organizationId: string,
  owner: Actor,
): Promise<Record<string, string[]>> {
  const { apiTokens, serviceAccounts } = scene.caller(owner);
  const { apiToken } = await apiTokens.create({ name: "Script", scopes: ["task.read"] });
  const { serviceAccount } = await serviceAccounts.create({
    ...{ organizationId, name: "Program", role: "guest", scopes: ["task.read"] },
  });
  const secrets = serviceAccount.secrets.map((secret) => secret.id);
  return { apiToken: [apiToken.id], serviceAccount: [serviceAccount.id], secret: secrets };
}
