/** Wide enough for prose, and for two marks of quotation (RFC 3676 §4.2: at most 78). */
const columns = 76;
/** What stands before a signature, with its space at the end (RFC 3676 §4.3). */
const delimiter = "-- ";

/**
 * Text for mail: no line is longer than 76 characters, but for words (such as addresses) that are; no more than one empty
 * line in a row; quotation marks are kept on the lines that follow. A line that is not too long stays as it is.
 */
export function wrapText(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n").flatMap(wrapLine);
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()}\n`;
}

function wrapLine(line: string): string[] {
  if (line === delimiter) return [line];
  if ([...line].length <= columns) return [line.trimEnd()];
  const [, prefix = "", words = ""] = /^((?:> ?)*[ \t]*)(.*)$/u.exec(line) ?? [];
  const lines: string[] = [];
  let current = "";
  for (const word of words.split(/[ \t]+/)) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current !== "" && [...prefix, ...longer].length > columns) {
      lines.push(prefix + current);
      current = word;
    } else current = longer;
  }
  return [...lines, prefix + current].map((wrapped) => wrapped.trimEnd());
}
