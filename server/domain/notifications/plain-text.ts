const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };
const longest = 200;

/** What people see as one character: a letter with its marks, an emoji of several. */
export const graphemes = new Intl.Segmenter();

/** How rendered text begins, in one line without marks, up to 200 code points, cut between characters. The HTML may be cut off anywhere. */
export function plainText(html: string): string {
  const text = html
    .replace(/<[^>]*(>|$)/g, " ")
    .replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)
    .replace(/\s+/g, " ")
    .replace(/ (?=[.,;:!?])/g, "")
    .trim();
  return [...text].length > longest ? `${beginningOf(text, longest - 1)}…` : text;
}

function beginningOf(text: string, codePoints: number): string {
  let left = codePoints;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    left -= [...segment].length;
    if (left < 0) break;
    kept += segment;
  }
  return kept;
}
