import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("settings change where given, and what there is must fit them", async ({ scene }) => {
  const { project, owner, doing } = await scene.project();
  const { projects, sprints, statuses, milestones, fields } = scene.caller(owner);
  const projectId = project.id;
  const laws = [[`project:${projectId}`, owner]] as const;
  const before = await projects.get({ projectId });
  expect(before.settings).toMatchObject({ workflow: "free", features: { sprints: true }, severalActiveSprints: false });

  const given = { workflow: "guarded", severalActiveSprints: true, defaults: { statusId: doing.id } } as const;
  const changed = await scene.expectLaw(laws, () => projects.update({ projectId, settings: given }));
  expect(changed.settings).toEqual({
    ...before.settings,
    ...given,
    defaults: { ...before.settings.defaults, statusId: doing.id },
  });
  expect(await projects.update({ projectId, settings: given })).toEqual(changed);

  const span = { startsOn: "2026-01-05", endsOn: "2026-01-18" };
  const [first, second] = [
    await sprints.create({ projectId, name: "A", ...span }),
    await sprints.create({ projectId, name: "B", ...span }),
  ];
  await sprints.start({ sprintId: first.id });
  await sprints.start({ sprintId: second.id });
  const alone = () => projects.update({ projectId, settings: { severalActiveSprints: false } });
  await expect(alone()).rejects.toMatchObject(refusal("rule.broken"));
  await sprints.close({ sprintId: first.id, handOverToSprintId: second.id });
  await scene.expectLaw(laws, alone);
  const third = await sprints.create({ projectId, name: "C", ...span });
  await expect(sprints.start({ sprintId: third.id })).rejects.toMatchObject(refusal("rule.broken"));

  await scene.expectLaw(laws, () => statuses.delete({ statusId: doing.id }));
  expect((await projects.get({ projectId })).settings.defaults.statusId).toBeNull();
  const elsewhere = projects.update({ projectId, settings: { defaults: { statusId: crypto.randomUUID() } } });
  await expect(elsewhere).rejects.toMatchObject(refusal("validation.failed"));

  const off = { features: { sprints: false, milestones: false, fields: false } };
  await scene.expectLaw(laws, () => projects.update({ projectId, settings: off }));
  for (const call of [
    () => sprints.create({ projectId, name: "D", ...span }),
    () => milestones.create({ projectId, name: "M" }),
    () => fields.create({ projectId, name: "F", kind: "text" }),
  ])
    await expect(call()).rejects.toMatchObject({ cause: { details: { rule: "project.feature-off" } } });
});
