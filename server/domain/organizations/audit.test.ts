import { describe, expect } from "vitest";
import { readConfig } from "../../config.ts";
import { forgetAudits } from "../../domain/forget-audits.ts";
import { refusal, type Scene, test } from "../../testing/scene.ts";

/** An organization in which this and that was done. */
async function busyOrganization(scene: Scene) {
  const { organization, owner } = await scene.organization();
  const organizationId = organization.id;
  const admin = await scene.join(organizationId, await scene.person("Ada Admin"), "admin");
  const member = await scene.join(organizationId, await scene.person("Mia Member"), "member");
  const as = scene.caller(admin);
  await as.members.updateRole({ organizationId, userId: member.userId, role: "guest" });
  const team = await as.teams.create({ organizationId, name: "Watchers" });
  await as.teams.addMember({ teamId: team.id, userId: member.userId });
  const project = await as.projects.create({ organizationId, name: "Website" });
  await as.projects.archive({ projectId: project.id });
  return { organizationId, owner, admin, member, team, project };
}

test("admins read who did what, from where, and what was so before", async ({ scene }) => {
  const { organizationId, admin, member } = await busyOrganization(scene);

  const { items } = await scene.caller(admin).audit.list({ organizationId });

  expect(items.map(({ action }) => action)).toEqual([
    "project.archived",
    "project-member.added",
    "project.created",
    "team-member.added",
    "team.created",
    "member.role-changed",
  ]);
  expect(items.at(-1)).toMatchObject({
    actorId: admin.userId,
    actorName: "Ada Admin",
    subjectId: member.userId,
    sessionId: admin.sessionId,
    targetType: "member",
    before: { role: "member" },
    after: { role: "guest" },
    ip: "127.0.0.1",
    userAgent: "vitest",
    requestId: "test",
  });
  expect(items.at(-1)?.after).toEqual({ role: "guest" });
  expect(items[0]).toMatchObject({ before: { archivedAt: null }, after: { archivedAt: expect.any(String) } });
});

describe("filtered", () => {
  test.for([
    ["actions", { actions: ["team.created", "member.role-changed"] }, 2],
    ["actor", (world: { owner: string }) => ({ actorId: world.owner }), 0],
    ["target", { targetType: "project" }, 2],
    ["time to come", { from: "2999-01-01T00:00:00.000Z" }, 0],
    ["time gone by", { to: "2999-01-01T00:00:00.000Z" }, 6],
  ] as const)("by %s", async ([, given, expected], { scene }) => {
    const { organizationId, owner } = await busyOrganization(scene);
    const filter = typeof given === "function" ? given({ owner: owner.userId }) : given;
    const input = { organizationId, ...filter, ...("actions" in filter ? { actions: [...filter.actions] } : {}) };
    const { items } = await scene.caller(owner).audit.list(input as { organizationId: string });
    expect(items).toHaveLength(expected);
  });

  test("in pages that leave nothing out", async ({ scene }) => {
    const { organizationId, owner } = await busyOrganization(scene);
    const caller = scene.caller(owner);
    const all = (await caller.audit.list({ organizationId })).items;
    const paged = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await caller.audit.list({ organizationId, limit: 4, ...(cursor ? { cursor } : {}) });
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
    await expect(caller.audit.list({ organizationId, cursor: "x" })).rejects.toMatchObject(
      refusal("validation.failed"),
    );
  });
});

test("what is refused or undone leaves no entry", async ({ scene }) => {
  const { organizationId, owner, member } = await busyOrganization(scene);
  const before = await scene.caller(owner).audit.list({ organizationId });
  const guest = scene.caller(member);
  await expect(guest.teams.create({ organizationId, name: "X" })).rejects.toMatchObject(refusal("access.denied"));
  const stale = { organizationId, userId: member.userId, role: "member", version: 1 } as const;
  await expect(scene.caller(owner).members.updateRole(stale)).rejects.toMatchObject(refusal("stale"));
  expect(await scene.caller(owner).audit.list({ organizationId })).toEqual(before);
});

test("an organization that is gone leaves its account of what happened", async ({ scene }) => {
  const { organizationId, owner } = await busyOrganization(scene);
  const { slug } = await scene.caller(owner).organizations.get({ organizationId });
  await scene.caller(owner).organizations.delete({ organizationId, confirm: slug });
  const rows = await scene.app.sql.query<{ action: string }>(
    "select action from auth.audit_entries where organization_id = $1 order by id",
    [organizationId],
  );
  expect(rows.map(({ action }) => action)).toEqual(
    expect.arrayContaining(["member.role-changed", "project.deleted", "organization.deleted"]),
  );
});

describe("the database refuses", () => {
  test.for<[string, string]>([
    ["to change an entry", "update auth.audit_entries set action = 'nothing'"],
    ["to remove one", "delete from auth.audit_entries"],
    ["to remove them all", "truncate auth.audit_entries"],
    [
      "to remove a young one as retention",
      "with allowed as materialized (select set_config('taskwire.audit_retention', 'on', true)) delete from auth.audit_entries using allowed",
    ],
  ])("%s", async ([, statement], { scene }) => {
    await busyOrganization(scene);
    await expect(scene.app.sql.query(statement)).rejects.toMatchObject({ code: "42501" });
  });
});

test("retention removes what is older than its days, and nothing without them", async ({ scene }) => {
  const insert = (days: number) =>
    scene.app.sql.query(
      `insert into auth.audit_entries (id, at, action, target_type, ip, user_agent, request_id)
       values (gen_random_uuid(), now() - make_interval(days => $1), 'old', 'user', '', '', '')`,
      [days],
    );
  for (const days of [10, 95, 200]) await insert(days);
  const left = async () =>
    (await scene.app.sql.query<{ n: number }>("select count(*) as n from auth.audit_entries where action = 'old'"))[0]
      ?.n;
  const ctx = scene.ctx(null);
  const keeping = (AUDIT_RETENTION_DAYS: string | undefined) => ({
    ...ctx,
    app: { ...ctx.app, config: readConfig({ NODE_ENV: "test", AUDIT_RETENTION_DAYS }) },
  });

  await forgetAudits(keeping(undefined));
  expect(await left()).toBe(3);
  await forgetAudits(keeping("120"));
  expect(await left()).toBe(2);
  await forgetAudits(keeping("90"));
  expect(await left()).toBe(1);
});
