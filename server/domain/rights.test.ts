import { expect, test } from "vitest";
import { type ProjectPermission, projectPermissions, projectRoles } from "./permissions.ts";
import { bitNames, builtInRole, permissionsOf, rightsCover, rightsGrant, rightsOf, roleRights } from "./rights.ts";

const all = Object.keys(projectPermissions) as ProjectPermission[];

test("rights are numbers that JavaScript and PostgreSQL agree on", () => {
  expect(bitNames.length, "more bits than a double holds: carry rights as two numbers").toBeLessThanOrEqual(53);
  expect(roleRights.manager).toBe(2 ** bitNames.length - 1);
});

test.for(projectRoles)("the rights of a %s are those of the table", (role) => {
  const granted = all.filter((name) => (projectPermissions[name] as readonly string[]).includes(role));
  expect(permissionsOf(roleRights[role])).toEqual(granted);
  expect(all.filter((name) => rightsGrant(roleRights[role], name))).toEqual(granted);
  expect(builtInRole(roleRights[role])).toBe(role);
});

test("whoever may do anything reads everything", () => {
  for (const name of all) expect(rightsGrant(rightsOf([name, "project.read"]), "task.read")).toBe(true);
});

test("no rights are none", () => {
  expect(rightsOf([])).toBe(0);
  for (const none of [0, null, undefined]) expect(all.some((name) => rightsGrant(none, name))).toBe(false);
  expect(builtInRole(0)).toBeNull();
});

test("rights cover what is part of them", () => {
  const composed = rightsOf(["project.read", "task.move"]);
  expect(rightsCover(roleRights.editor, composed)).toBe(true);
  expect(rightsCover(composed, roleRights.editor)).toBe(false);
  expect(rightsCover(composed, roleRights.viewer)).toBe(true);
  expect(builtInRole(composed)).toBe("viewer");
});
