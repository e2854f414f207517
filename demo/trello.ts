import { z } from "zod";

/** What is read of Trello's cards; https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/#card-object */
const card = z.object({
  name: z.string(),
  desc: z.string(),
  idList: z.string(),
  pos: z.number(),
  closed: z.boolean(),
  due: z.string().nullable(),
  dueComplete: z.boolean(),
  start: z.string().nullable(),
  labels: z.array(z.object({ id: z.string(), name: z.string(), color: z.string().nullable() })),
  idMembers: z.array(z.string()),
  idChecklists: z.array(z.string()),
  badges: z.object({ attachments: z.number(), comments: z.number(), checkItems: z.number(), votes: z.number() }),
});

export interface Board {
  /** In the order of their first card. */
  readonly lists: readonly { readonly id: string; readonly name: string }[];
  readonly labels: readonly { readonly id: string; readonly name: string; readonly color: string }[];
  /** In the order of the board: list by list, top to bottom. */
  readonly cards: readonly {
    readonly title: string;
    readonly description: string;
    readonly listId: string;
    readonly labelIds: readonly string[];
    readonly dueOn: string | null;
    readonly startOn: string | null;
  }[];
  /** What has no place here yet, with how often it occurs. */
  readonly lost: readonly { readonly what: string; readonly count: number }[];
}

const colors: Record<string, string> = {
  green: "#4bce97",
  yellow: "#f5cd47",
  orange: "#fea362",
  red: "#f87168",
  purple: "#9f8fef",
  blue: "#579dff",
  sky: "#6cc3e0",
  lime: "#94c748",
  pink: "#e774bb",
  black: "#8590a2",
};

/**
 * Reads cards as Trello's REST API lists them.
 *
 * @throws z.ZodError where they are not
 */
export function readTrello(json: unknown): Board {
  const cards = z
    .array(card)
    .parse(json)
    .sort((a, b) => a.pos - b.pos);
  const listIds = [...new Set(cards.map(({ idList }) => idList))];
  const labels = new Map(cards.flatMap((card) => card.labels.map((label) => [label.id, label] as const)));
  const sum = (count: (one: z.output<typeof card>) => number) => cards.reduce((total, card) => total + count(card), 0);
  const lost = [
    { what: "names of lists (the file has only their ids)", count: listIds.length },
    { what: "members of cards (they have no account here)", count: sum(({ idMembers }) => idMembers.length) },
    { what: "check items of checklists", count: sum(({ badges }) => badges.checkItems) },
    { what: "attachments", count: sum(({ badges }) => badges.attachments) },
    { what: "comments", count: sum(({ badges }) => badges.comments) },
    { what: "votes", count: sum(({ badges }) => badges.votes) },
    { what: "times of day of due dates", count: cards.filter(({ due }) => due).length },
  ];
  return {
    lists: listIds.map((id, at) => ({ id, name: `List ${at + 1}` })),
    labels: [...labels.values()].map(({ id, name, color }) => ({
      id,
      name: name || `(${color ?? "no color"})`,
      color: colors[color?.replace(/_(light|dark)$/, "") ?? ""] ?? "#8590a2",
    })),
    cards: listIds.flatMap((listId) =>
      cards
        .filter((card) => card.idList === listId)
        .map((card) => ({
          title: card.name.trim() || "(untitled)",
          description: card.desc,
          listId,
          labelIds: card.labels.map(({ id }) => id),
          dueOn: card.due?.slice(0, 10) ?? null,
          startOn: card.start?.slice(0, 10) ?? null,
        })),
    ),
    lost: lost.filter(({ count }) => count > 0),
  };
}
