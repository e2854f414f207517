import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";

const scene = sceneOf();

async function organizationWithTeams(names: readonly string[]) {
  const { organization, owner } = await scene().organization();
  for (const name of names) await scene().caller(owner).teams.create({ organizationId: organization.id, name });
  return { organizationId: organization.id, owner };
}

test("the log leaves as CSV in which no cell is a formula", async () => {
  const { organizationId, owner } = await organizationWithTeams(["First", "Second"]);
  await scene().caller(owner).users.update({ name: '=HYPERLINK("x")' });

  const response = await scene().fetch(owner, `/audit/export?organizationId=${organizationId}`);

  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
  const [head, ...rows] = (await response.text()).trim().split("\n");
  expect(head).toMatch(/^id,at,action,actorId,actorName,/);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toContain("team.created");
  expect(rows[0]).toContain(`"'=HYPERLINK(""x"")"`);
});

test("as NDJSON, filtered, in batches", async () => {
  const { organizationId, owner } = await organizationWithTeams(["First"]);
  await scene().app.sql.query(
    `insert into auth.audit_entries (id, at, action, organization_id, target_type, ip, user_agent, request_id)
     select gen_random_uuid(), now(), 'many', $1, 'test', '', '', '' from generate_series(1, 2500)`,
    [organizationId],
  );
  const address = `/audit/export?organizationId=${organizationId}&format=ndjson`;
  const lines = async (path: string) => (await (await scene().fetch(owner, path)).text()).trim().split("\n");

  expect(new Set((await lines(address)).map((line) => JSON.parse(line).id)).size).toBe(2501);
  const filtered = await lines(`${address}&actions=team.created`);
  expect(filtered.map((line) => JSON.parse(line).action)).toEqual(["team.created"]);
});

test.for([
  ["a stranger", 404, "not-found"],
  ["a member", 403, "access.denied"],
  ["nobody", 401, "auth.required"],
] as const)("%s gets nothing", async ([who, status, error]) => {
  const { organizationId } = await organizationWithTeams(["First"]);
  const actor =
    who === "nobody"
      ? null
      : who === "a stranger"
        ? (await scene().organization()).owner
        : await scene().join(organizationId, await scene().person(), "member");
  const response = await scene().fetch(actor, `/audit/export?organizationId=${organizationId}`);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error });
});

test("what it does not know it refuses", async () => {
  const { organizationId, owner } = await organizationWithTeams([]);
  const response = await scene().fetch(owner, `/audit/export?organizationId=${organizationId}&format=xlsx`);
  expect(response.status).toBe(400);
});
