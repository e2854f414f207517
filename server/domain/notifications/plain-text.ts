const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };
const longest = 200;

/** How rendered text begins, in one line without marks, up to 200 characters. The HTML may be cut off anywhere. */
export function plainText(html: string): string {
  const text = html
    .replace(/<[^>]*(>|$)/g, " ")
    .replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)
    .replace(/\s+/g, " ")
    .replace(/ (?=[.,;:!?])/g, "")
    .trim();
  const characters = [...text];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : text;
}
