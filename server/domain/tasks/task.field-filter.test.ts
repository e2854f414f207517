import { expect } from "vitest";
import { refusal, type Scene, test } from "../../testing/scene.ts";

/** A project with tasks A to E, and custom fields that some of them have values for. */
async function listed(scene: Scene) {
  const { project, owner } = await scene.project();
  const caller = scene.caller(owner);
  const projectId = project.id;
  const field = (kind: "text" | "number" | "date" | "person" | "choice" | "choices" | "checkbox" | "url") =>
    caller.fields.create({
      projectId,
      name: kind,
      kind,
      choices: kind.startsWith("choice") ? [{ name: "Low" }, { name: "Middle" }, { name: "High" }] : [],
    });
  const text = await field("text");
  const number = await field("number");
  const date = await field("date");
  const person = await field("person");
  const choice = await field("choice");
  const choices = await field("choices");
  const checkbox = await field("checkbox");
  const someone = await scene.personWith("editor", project);
  const one = choice.choices.map(({ id }) => id) as [string, string, string];
  const some = choices.choices.map(({ id }) => id) as [string, string, string];
  const create = (title: string, fields: Record<string, string | number | boolean | string[]>) =>
    caller.tasks.create({ projectId, title, fields });
  await create("A", { [text.id]: "Blue sky", [number.id]: 10, [choice.id]: one[2], [checkbox.id]: true });
  await create("B", { [text.id]: "red", [number.id]: 9.5, [date.id]: "2026-02-01", [choices.id]: [some[0], some[2]] });
  await create("C", { [number.id]: -3, [person.id]: someone.userId, [choices.id]: [some[2]], [checkbox.id]: false });
  await create("D", { [date.id]: "2026-01-31", [person.id]: owner.userId, [choice.id]: one[0] });
  await create("E", {});
  const titles = async (input: Partial<Parameters<typeof caller.tasks.list>[0]>) => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await caller.tasks.list({
        projectId,
        limit: 2,
        sort: "number",
        ...input,
        ...(cursor ? { cursor } : {}),
      });
      found.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return found.join("");
  };
  const ids = { text, number, date, person, choice, choices, checkbox };
  return { caller, projectId, titles, one, some, someone, ids };
}

test("tasks are filtered by their custom fields", async ({ scene }) => {
  const { titles, ids, one, some, someone } = await listed(scene);
  for (const [kind, conditions, expected] of [
    ["text", ["is:red"], "B"],
    ["text", ["contains:BLUE"], "A"],
    ["text", ["not:red"], "ACDE"],
    ["number", ["is:10"], "A"],
    ["number", ["gt:9.5"], "A"],
    ["number", ["ge:-3", "lt:10"], "BC"],
    ["number", ["is:10", "is:-3"], "AC"],
    ["number", ["empty:"], "DE"],
    ["number", ["set:"], "ABC"],
    ["date", ["le:2026-01-31"], "D"],
    ["date", ["gt:2026-01-31"], "B"],
    ["person", ["is:me"], "D"],
    ["person", [`is:${someone.userId}`], "C"],
    ["choice", [`is:${one[2]}`, `is:${one[0]}`], "AD"],
    ["choices", [`is:${some[2]}`], "BC"],
    ["choices", [`not:${some[0]}`], "ACDE"],
    ["checkbox", ["is:false"], "C"],
    ["checkbox", ["not:true"], "BCDE"],
  ] as const) {
    const fieldFilters = conditions.map((condition) => `${ids[kind].id}:${condition}` as `${string}:is:${string}`);
    expect(await titles({ fieldFilters }), `${kind} ${conditions}`).toBe(expected);
  }
  expect(await titles({ fieldFilters: [`${ids.number.id}:set:`, `${ids.date.id}:set:`] })).toBe("B");
});

test("tasks are sorted by their custom fields, page by page, those without a value last", async ({ scene }) => {
  const { titles, ids } = await listed(scene);
  for (const [kind, ascending, descending] of [
    ["text", "ABCDE", "BAEDC"],
    ["number", "CBADE", "ABCED"],
    ["date", "DBACE", "BDECA"],
    ["choice", "DABCE", "ADECB"],
    ["choices", "BCADE", "CBEDA"],
    ["checkbox", "CABDE", "ACEDB"],
  ] as const) {
    expect(await titles({ sortFieldId: ids[kind].id }), kind).toBe(ascending);
    expect(await titles({ sortFieldId: ids[kind].id, order: "desc" }), kind).toBe(descending);
  }
  expect((await titles({ sortFieldId: ids.person.id })).slice(2)).toBe("ABE");
});

test("a filter or sort that the project's fields do not know is refused", async ({ scene }) => {
  const { caller, projectId, ids } = await listed(scene);
  const foreign = (await listed(scene)).ids.text.id;
  const first = await caller.tasks.list({ projectId, sortFieldId: ids.number.id, limit: 1 });
  for (const input of [
    { fieldFilters: [`${foreign}:is:red`] },
    { fieldFilters: [`${ids.text.id}:lt:red`] },
    { fieldFilters: [`${ids.number.id}:contains:1`] },
    { fieldFilters: [`${ids.number.id}:is:`] },
    { fieldFilters: [`${ids.number.id}:gt:much`] },
    { fieldFilters: [`${ids.date.id}:lt:2026-02-30`] },
    { fieldFilters: [`${ids.checkbox.id}:is:maybe`] },
    { fieldFilters: ["is:red"] },
    { sortFieldId: foreign },
    { sortFieldId: ids.text.id, cursor: first.nextCursor },
    { cursor: first.nextCursor },
  ]) {
    const call = caller.tasks.list({ projectId, ...(input as object) });
    await expect(call, JSON.stringify(input)).rejects.toSatisfy(
      (error) => error.cause?.code === "validation.failed" || error.code === "BAD_REQUEST",
    );
  }
  const stranger = scene.caller(await scene.person());
  const hidden = stranger.tasks.list({ projectId, sortFieldId: ids.number.id });
  await expect(hidden).rejects.toMatchObject(refusal("not-found"));
});
