import { convert } from "html-to-text";
import sanitize from "sanitize-html";

/** Of a comment, so that a letter stays a letter. */
const longestCharacters = 20_000;

/** Pictures are links behind sign-in, or tell others that the letter was read: their words stand for them. */
const picture: sanitize.Transformer = (_, attribs) => ({ tagName: "em", attribs: {}, text: wordsFor(attribs) });
const wordsFor = ({ alt, title }: sanitize.Attributes) => `[${alt || title || "picture"}]`;

/**
 * A comment's HTML for a letter: no picture is loaded, nothing folds.
 *
 * @param html is safe already, as comments are kept
 */
export const letterHtml = (html: string): string =>
  sanitize(html.slice(0, longestCharacters), {
    allowedTags: sanitize.defaults.allowedTags.filter((tag) => !["details", "summary"].includes(tag)),
    allowedAttributes: { a: ["href"], ol: ["start"] },
    allowedSchemes: ["http", "https", "mailto"],
    transformTags: { img: picture, summary: "strong", details: "p" },
  });

/** The same in plain words. */
export const letterText = (html: string): string =>
  convert(html.slice(0, longestCharacters), {
    wordwrap: 72,
    formatters: { words: ({ attribs }, _walk, builder) => builder.addInline(wordsFor(attribs ?? {})) },
    selectors: [
      { selector: "img", format: "words" },
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
      { selector: "a", options: { hideLinkHrefIfSameAsText: true, linkBrackets: ["<", ">"] } },
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  }).trim();
