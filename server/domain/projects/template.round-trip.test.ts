import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

/** A project with something of everything that a template holds. */
async function fullProject(scene: Scene) {
  const { organization, owner } = await scene.organization();
  const caller = scene.caller(owner);
  const organizationId = organization.id;
  const { id: projectId } = await caller.projects.create({ organizationId, name: "Origin", visibility: "private" });
  const [ada, grace] = [await scene.person(), await scene.person()];
  for (const person of [ada, grace]) await scene.join(organizationId, person, "guest");
  const role = await caller.roles.create({
    ...{ organizationId, level: "project", name: "Mover", permissions: ["task.move"] },
  });
  await caller.projectMembers.add({ projectId, userId: ada.userId, role: "editor" });
  await caller.projectMembers.add({ projectId, userId: grace.userId, roleId: role.id });
  const { items: statuses } = await caller.statuses.list({ projectId });
  const [backlog, todo, doing] = statuses.map(({ id }) => id) as [string, string, string];
  await caller.transitions.create({ projectId, fromStatusId: todo, toStatusId: doing, allowed: ["assignee"] });
  await caller.transitions.create({ projectId, fromStatusId: null, toStatusId: todo, required: ["milestoneId"] });
  const reviewer = await caller.fields.create({ projectId, name: "Reviewer", kind: "person" });
  const since = await caller.fields.create({ projectId, name: "Since", kind: "date" });
  const risk = await caller.fields.create({ projectId, name: "Risk", kind: "choice", choices: [{ name: "Low" }] });
  const first = await caller.sprints.create({
    ...{ projectId, name: "First", goal: "Begin", startsOn: "2026-01-05", endsOn: "2026-01-18" },
  });
  await caller.sprints.create({ projectId, name: "Second", startsOn: "2026-01-19", endsOn: "2026-02-01" });
  const launch = await caller.milestones.create({ projectId, name: "Launch", dueOn: "2026-03-01" });
  await caller.milestones.create({ projectId, name: "Someday" });
  const label = await caller.labels.create({ projectId, name: "Text", color: "#1d76db" });
  const write = await caller.tasks.create({
    ...{
      projectId,
      title: "Write",
      statusId: backlog,
      startOn: "2026-01-06",
      dueOn: "2026-01-16",
      estimateMinutes: 90,
    },
    ...{ sprintId: first.id, milestoneId: launch.id, assigneeIds: [ada.userId, grace.userId], labelIds: [label.id] },
    fields: {
      ...{ [reviewer.id]: grace.userId, [since.id]: "1998-12-31", [risk.id]: risk.choices[0]?.id as string },
    },
  });
  const publish = await caller.tasks.create({ projectId, title: "Publish", dueOn: "2026-03-01", priority: "urgent" });
  const proof = await caller.tasks.create({ projectId, title: "Proof", parentId: write.id, assigneeIds: [ada.userId] });
  await caller.taskLinks.create({ taskId: write.id, kind: "blocks", otherTaskId: publish.id });
  await caller.taskLinks.create({ taskId: publish.id, kind: "blocked-by", otherTaskId: proof.id });
  const recurrence = { taskId: write.id, timeZone: "Europe/Berlin", dueInDays: 2, withSubtasks: true };
  await caller.recurrences.create({ ...recurrence, rule: "FREQ=WEEKLY;BYDAY=MO", startsAt: "2026-01-05T09:00" });
  const { id: recurrenceId } = await caller.recurrences.create({
    ...{ taskId: publish.id, rule: "FREQ=DAILY;UNTIL=29991231T230000Z;INTERVAL=2", startsAt: "2026-01-07T18:30" },
    timeZone: "UTC",
  });
  await caller.recurrences.update({ recurrenceId, paused: true });
  const settings = { workflow: "guarded", subtasksFirst: true, defaults: { statusId: todo, dueInDays: 7 } } as const;
  await caller.projects.update({ projectId, settings });
  return { organizationId, owner, caller, projectId, ada, grace, role };
}

test("a project becomes a template, and that becomes the same project on other days", async ({ scene }) => {
  const { organizationId, owner, caller, projectId, ada, grace, role } = await fullProject(scene);
  const placeholders = [{ userId: ada.userId, name: "Writer" }];
  const named = { withPeople: true, placeholders };
  const { id: templateId } = await caller.templates.create({ projectId, name: "Whole", ...named });
  const { content } = await caller.templates.get({ templateId });
  const assign = [
    { placeholder: "writer", userId: ada.userId },
    { placeholder: grace.name, userId: grace.userId },
  ];
  const input = { organizationId, name: "Copy", visibility: "private", templateId, startsOn: "2031-06-02" } as const;
  const laws = [
    [`organization:${organizationId}`, owner],
    [`user:${ada.userId}`, ada],
    [`user:${owner.userId}`, owner],
  ] as const;

  const made = await scene.expectLaw(laws, () => caller.projects.create({ ...input, assign }));

  const copied = async (project: string, name: string) => {
    const { id } = await caller.templates.create({ projectId: project, name, ...named });
    return (await caller.templates.get({ templateId: id })).content;
  };
  expect(await copied(made.id, "Whole again")).toEqual(content);
  expect(content).toMatchObject({
    placeholders: expect.arrayContaining(["Writer", grace.name]),
    people: [{ role: "manager" }, { role: "editor" }, { role: "viewer", composedRole: "Mover" }],
    sprints: [{ name: "First", startsInDays: 0, endsInDays: 13 }, { startsInDays: 14 }],
    milestones: [{ dueInDays: 55 }, { dueInDays: null }],
    tasks: [
      { title: "Write", sprint: "First", milestone: "Launch", fields: { Reviewer: grace.name, Since: -9_867 } },
      { title: "Publish" },
      { title: "Proof", parent: 0, assignees: ["Writer"] },
    ],
    links: [
      { blocker: 0, blocked: 1 },
      { blocker: 2, blocked: 1 },
    ],
    recurrences: [
      { task: 0, rule: "FREQ=WEEKLY;BYDAY=MO", until: null, time: "09:00", paused: false },
      { task: 1, rule: "FREQ=DAILY;INTERVAL=2", until: { time: "T230000Z" }, startsInDays: 2, paused: true },
    ],
  });
  const { items } = await caller.tasks.list({ projectId: made.id, sort: "number" });
  const { items: sprints } = await caller.sprints.list({ projectId: made.id });
  expect(items[0]).toMatchObject({
    ...{ startOn: "2031-06-03", sprintId: sprints[0]?.id, assigneeIds: [ada.userId, grace.userId].sort() },
  });
  expect((await caller.recurrences.list({ projectId: made.id })).items.map(({ startsAt }) => startsAt).sort()).toEqual([
    "2031-06-02T09:00",
    "2031-06-04T18:30",
  ]);

  const bare = await caller.projects.create({ ...input, name: "Nobody's" });
  expect(await copied(bare.id, "Nobody's")).toMatchObject({ placeholders: [], tasks: [{ assignees: [] }, {}, {}] });
  await caller.projectMembers.remove({ projectMemberId: await memberOf(caller, projectId, grace.userId) });
  await caller.projectMembers.remove({ projectMemberId: await memberOf(caller, made.id, grace.userId) });
  await caller.projectMembers.remove({ projectMemberId: await memberOf(caller, bare.id, grace.userId) });
  await caller.roles.delete({ roleId: role.id });
  const later = await caller.projects.create({ ...input, name: "Without the role" });
  expect((await caller.projectMembers.list({ projectId: later.id })).items).toEqual(
    expect.arrayContaining([expect.objectContaining({ userId: grace.userId, role: "viewer", roleId: null })]),
  );
});

async function memberOf(caller: ReturnType<Scene["caller"]>, projectId: string, userId: string): Promise<string> {
  const { items } = await caller.projectMembers.list({ projectId });
  return items.find((member) => member.userId === userId)?.id as string;
}

test("placeholders are the template's, and stood for by who can read the project", async ({ scene }) => {
  const { organizationId, caller, projectId, ada } = await fullProject(scene);
  const outsider = await scene.join(organizationId, await scene.person(), "guest");
  const { id: templateId } = await caller.templates.create({ projectId, name: "Placeholders" });
  const input = { organizationId, name: "X", visibility: "private", templateId } as const;
  const head = await scene.head(`organization:${organizationId}`);
  for (const how of [
    { ...input, assign: [{ placeholder: "Nobody", userId: ada.userId }] },
    { ...input, assign: [{ placeholder: ada.name, userId: outsider.userId }] },
    { organizationId, name: "X", assign: [{ placeholder: ada.name, userId: ada.userId }] },
  ])
    await expect(caller.projects.create(how), JSON.stringify(how)).rejects.toMatchObject(refusal("validation.failed"));
  expect(await scene.head(`organization:${organizationId}`)).toBe(head);
});

test("a template of the time before plans, links and people were kept is good still", async ({ scene }) => {
  const { organization, owner } = await scene.organization();
  const caller = scene.caller(owner);
  const organizationId = organization.id;
  const content = {
    settings: {
      features: { fields: true, sprints: true, milestones: true, recurrence: true },
      ...{ workflow: "free", blockedStayOpen: false, subtasksFirst: false, severalActiveSprints: false },
      defaults: { status: null, priority: "none", dueInDays: null },
    },
    statuses: [{ name: "To do", category: "todo", wipLimit: null }],
    ...{ transitions: [], fields: [], labels: [] },
    people: [{ userId: owner.userId, teamId: null, role: "manager" }],
    tasks: [
      {
        ...{ title: "Old", description: "", status: "To do", priority: "none", labels: [], estimateMinutes: null },
        ...{ startInDays: null, dueInDays: 3, parent: null, fields: {} },
      },
    ],
  };
  const [row] = await scene.app.sql.query<{ id: string }>(
    `insert into projects.templates (id, organization_id, name, description, content, created_at, updated_at)
    values (gen_random_uuid(), $1, 'Old', '', $2, now(), now()) returning id`,
    [organizationId, JSON.stringify(content)],
  );
  const templateId = row?.id as string;
  const { id: projectId } = await caller.projects.create({
    ...{ organizationId, name: "New", templateId, startsOn: "2027-01-01" },
  });
  const { items } = await caller.tasks.list({ projectId });
  expect(items).toMatchObject([{ title: "Old", dueOn: "2027-01-04" }]);
  expect(await caller.templates.get({ templateId })).toMatchObject({ content: { placeholders: [], links: [] } });
});
