/** Control characters, and marks that make text run backwards: `photo\u202Egnp.exe` would read `photoexe.png`. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
/** Zero-width joiner and non-joiner are part of words and emoji. */
const joiners = /[\u200C\u200D]/;
/** Names that Windows takes for devices, whatever follows their first dot. */
const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)/i;
const maxBytes = 255;

/**
 * A name that every system can save under, and that leads nowhere: its last segment, composed (NFC), without unseen
 * characters, shortened to 255 bytes before its ending.
 */
export function fileName(given: string): string {
  const segment =
    given
      .normalize("NFC")
      .toWellFormed()
      .split(/[/\\]/)
      .findLast((part) => part.trim() !== "") ?? "";
  const clean = segment
    .replace(unseen, (character) => (joiners.test(character) ? character : ""))
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\s+/g, " ")
    .replace(/^ +|[ .]+$/g, "");
  const named = clean.replace(/^\.+$/, "");
  return shortened(named === "" ? "file" : named.replace(devices, "_$1"));
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const ending = /\.[^. ]{1,16}$/u.exec(name)?.[0] ?? "";
  let stem = "";
  let size = Buffer.byteLength(ending);
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, name.length - ending.length))) {
    size += Buffer.byteLength(segment);
    if (size > maxBytes) break;
    stem += segment;
  }
  return (stem || "file") + ending;
}
