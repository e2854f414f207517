import { randomUUID } from "node:crypto";
import createMarkdown, { type Token } from "markdown-it";
import { AppError } from "../../errors.ts";
import { safeHtml } from "./safe-html.ts";

/** Whom a text names: `@[name](user:<id>)`, `@[name](team:<id>)` and `@watchers`, outside code. */
export interface Named {
  userIds: string[];
  teamIds: string[];
  watchers: boolean;
}

interface Mention {
  kind: "user" | "team" | "watchers";
  /** Empty for watchers. */
  id: string;
  /** As the author typed it. */
  label: string;
}

export interface ParsedMarkdown extends Named {
  tokens: Token[];
  env: { show?: (mention: Mention) => string };
}

/** Line breaks are kept, as people expect of what they type into a box. HTML passes, and is made safe afterwards. */
const markdown = createMarkdown({ html: true, linkify: true, breaks: true });
markdown.linkify.set({ fuzzyLink: false }); // only what says `https://` or is an address

const someone = /@\[([^\]\r\n]{1,200})\]\((user|team):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)/iy;
const watchers = /@watchers\b/y;

markdown.inline.ruler.before("link", "mention", (state, silent) => {
  if (state.src[state.pos] !== "@" || /[\p{L}\p{N}_]/u.test(state.src[state.pos - 1] ?? "")) return false;
  someone.lastIndex = state.pos;
  watchers.lastIndex = state.pos;
  const found = someone.exec(state.src) ?? watchers.exec(state.src);
  if (!found || state.pos + found[0].length > state.posMax) return false;
  if (!silent) {
    const [, label = "watchers", kind = "watchers", id = ""] = found;
    const mention = { kind: kind.toLowerCase(), id: id.toLowerCase(), label } as Mention;
    state.push("mention", "", 0).meta = { mention };
  }
  state.pos += found[0].length;
  return true;
});
markdown.renderer.rules["mention"] = (tokens, at, _, env) => {
  const mention = tokens[at]?.meta?.["mention"] as Mention;
  return (env as ParsedMarkdown["env"]).show?.(mention) ?? "";
};

/** Addresses that stand once and are named often would make a short text a long page. */
const longestAddresses = 500_000;

/**
 * Reads a text and tells whom it names.
 *
 * @throws AppError `too-large` for a text that would be out of all proportion as HTML
 */
export function parseMarkdown(text: string): ParsedMarkdown {
  const env: ParsedMarkdown["env"] = {};
  const tokens = markdown.parse(text, env as Record<string, unknown>);
  const inline = tokens.flatMap((token) => token.children ?? []);
  let addresses = 0;
  for (const { attrs } of inline) for (const [, value] of attrs ?? []) addresses += String(value).length;
  if (addresses > longestAddresses) throw new AppError("too-large", "This text grows too large as HTML.");
  const mentions = inline.flatMap((token) => (token.type === "mention" ? [token.meta?.["mention"] as Mention] : []));
  const idsOf = (kind: Mention["kind"]) => [
    ...new Set(mentions.filter((mention) => mention.kind === kind).map((mention) => mention.id)),
  ];
  return { tokens, env, userIds: idsOf("user"), teamIds: idsOf("team"), watchers: idsOf("watchers").length > 0 };
}

/**
 * The text as safe HTML. Mentions show the real names, so that nobody puts another's name on an id; those of people who
 * are not to be told stay plain text.
 *
 * @param names by id, of the people and teams that were found
 */
export function renderMarkdown({ tokens, env }: ParsedMarkdown, names: ReadonlyMap<string, string>): string {
  const shown: string[] = [];
  const mark = randomUUID(); // mentions join after the cleaning, so that no one else's HTML can pass as one
  const show = (mention: Mention) => {
    const name = mention.kind === "watchers" ? "watchers" : names.get(mention.id);
    const label = markdown.utils.escapeHtml(name ?? mention.label);
    if (name === undefined) return `@${label}`;
    const id = mention.id ? ` data-id="${mention.id}"` : "";
    shown.push(`<span class="mention" data-kind="${mention.kind}"${id}>@${label}</span>`);
    return `${mark}:${shown.length - 1};`;
  };
  const html = safeHtml(markdown.renderer.render(tokens, markdown.options, { ...env, show }));
  return html.replaceAll(new RegExp(`${mark}:(\\d+);`, "g"), (_, at) => shown[at] ?? "").trim();
}
