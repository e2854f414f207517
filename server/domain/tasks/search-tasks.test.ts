import { expect } from "vitest";
import { refusal, test } from "../../testing/scene.ts";

test("words, their forms, beginnings, slips and keys find tasks, the best first", async ({ scene }) => {
  const { project, organization, owner } = await scene.project();
  const caller = scene.caller(owner);
  const create = (title: string, description = "") =>
    caller.tasks.create({ projectId: project.id, title, description });
  await create("Send notification mails");
  await create("Cache pages", "Notifications must not be cached");
  await create("Translate the invoice", "über Größe");
  await create("Zahlungen prüfen");
  const trashed = await create("Notification in the trash");
  await caller.tasks.delete({ taskId: trashed.id });

  for (const [text, titles] of [
    ["notifications", ["Send notification mails", "Cache pages"]],
    ["notif", ["Send notification mails", "Cache pages"]],
    ["notifcation", ["Send notification mails"]],
    ["mails notific", ["Send notification mails"]],
    [`"notification mails"`, ["Send notification mails"]],
    ["notification -mails", ["Cache pages"]],
    ["pruefen or prüfen", ["Zahlungen prüfen"]],
    ["Größe", ["Translate the invoice"]],
    [`${project.key.toLowerCase()}-3`, ["Translate the invoice"]],
    ["invoise", ["Translate the invoice"]],
    ["invioce", ["Translate the invoice"]], // two letters swapped
    ["Zalungen", ["Zahlungen prüfen"]],
    ["nothing of the kind", []],
    ["  ", []],
    [`:* & ! ( ) ' \\ <->`, []],
  ] as const) {
    const { items } = await caller.tasks.search({ projectId: project.id, text });
    expect(items.map(({ title }) => title).slice(0, titles.length || 9), text).toEqual(titles);
    if (text.includes("-")) expect(items, text).toHaveLength(titles.length);
    expect((await caller.tasks.search({ organizationId: organization.id, text })).items, text).toEqual(items);
  }
});

test("results come in pages", async ({ scene }) => {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  for (let at = 0; at < 5; at += 1) await caller.tasks.create({ projectId: project.id, title: `Repeated ${at % 2}` });
  const whole = await caller.tasks.search({ projectId: project.id, text: "repeated" });
  const found = [];
  for (let cursor: string | undefined; ; ) {
    const page = await caller.tasks.search({ projectId: project.id, text: "repeated", limit: 2, cursor });
    found.push(...page.items);
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  expect(found).toEqual(whole.items);
  expect(found).toHaveLength(5);
});

test("an organization's search finds only in projects that the caller can read", async ({ scene }) => {
  const { project, organization, owner, task } = await scene.board();
  const hidden = await scene.project({ organization, owner });
  await scene.caller(owner).tasks.create({ projectId: hidden.project.id, title: "First, but hidden" });
  const search = { organizationId: organization.id, text: "first" };
  expect((await scene.caller(owner).tasks.search(search)).items).toHaveLength(2);
  const viewer = await scene.as("viewer", project);
  expect((await viewer.tasks.search(search)).items).toMatchObject([{ id: task.id }]);
  const stranger = await scene.as("stranger", project);
  expect((await stranger.tasks.search(search)).items).toEqual([]);
  await expect(stranger.tasks.search({ projectId: project.id, text: "first" })).rejects.toMatchObject(
    refusal("not-found"),
  );
  await expect(stranger.tasks.search({ text: "first" })).rejects.toMatchObject(refusal("validation.failed"));
});
