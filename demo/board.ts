import type { Taskwire } from "../client/index.ts";
import type { Board } from "./trello.ts";

/** The project that the seed made. */
export async function boardOfSeed({ api }: Taskwire): Promise<string> {
  const organizationId = await demoOrganizationId(api);
  const { items } = await api.projects.list.query({ organizationId });
  const website = items.find(({ key }) => key === "WEB");
  if (!website) throw new Error("The demo's project is gone");
  return website.id;
}

/** Makes a project of a board: lists become statuses; labels and order are kept. */
export async function importBoard({ api }: Taskwire, board: Board, step: (line: string) => void): Promise<string> {
  const organizationId = await demoOrganizationId(api);
  const { id: projectId } = await api.projects.create.mutate({
    organizationId,
    name: "Trello import",
    key: "TRELLO",
    visibility: "organization",
  });
  const { items: defaults } = await api.statuses.list.query({ projectId });

  const statusIds = new Map<string, string>();
  for (const { id, name } of board.lists) {
    statusIds.set(id, (await api.statuses.create.mutate({ projectId, name, category: "todo" })).id);
  }
  for (const { id } of defaults) await api.statuses.delete.mutate({ statusId: id });
  const labelIds = new Map<string, string>();
  for (const { id, name, color } of board.labels)
    labelIds.set(id, (await api.labels.create.mutate({ projectId, name, color })).id);

  for (const [at, { listId, labelIds: labels, ...card }] of board.cards.entries()) {
    await api.tasks.create.mutate({
      ...card,
      projectId,
      statusId: statusIds.get(listId),
      labelIds: labels.flatMap((id) => labelIds.get(id) ?? []),
    });
    if ((at + 1) % 20 === 0) step(`  … ${at + 1} of ${board.cards.length} cards`);
  }
  step(`Imported ${board.cards.length} cards in ${board.lists.length} lists with ${board.labels.length} labels.`);
  for (const { what, count } of board.lost) step(`  not kept: ${count} ${what}`);
  return projectId;
}

async function demoOrganizationId(api: Taskwire["api"]): Promise<string> {
  const { items } = await api.organizations.list.query({});
  const demo = items.find(({ slug }) => slug === "demo");
  if (!demo) throw new Error("The demo organization is gone");
  return demo.id;
}
