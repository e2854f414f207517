import sanitize from "sanitize-html";

const absolute = /^(?:https?:\/\/|mailto:)/i;

/** Links lead to the web or to a mailbox, by their whole address: a relative one would depend on who shows it. */
const link: sanitize.Transformer = (tagName, { href, rel: _, ...attribs }) => ({
  tagName,
  attribs: href && absolute.test(href) ? { ...attribs, href, rel: "noopener nofollow" } : attribs,
});

const attachment = /^attachment:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Pictures come from the web, or are files here: those have no lasting address, so whoever shows them asks for one. */
const image: sanitize.Transformer = (tagName, { src = "", "data-file-id": _, ...attribs }) => {
  const fileId = attachment.exec(src)?.[1]?.toLowerCase();
  if (fileId) return { tagName, attribs: { ...attribs, "data-file-id": fileId } };
  if (!absolute.test(src)) return { tagName, attribs };
  return { tagName, attribs: { ...attribs, src, loading: "lazy", referrerpolicy: "no-referrer" } };
};

/** Markdown's columns are aligned by a style; only that one thing of it is kept. */
const cell: sanitize.Transformer = (tagName, { style, align: _, ...attribs }) => {
  const align = /^text-align:(left|center|right)$/.exec(style ?? "")?.[1];
  return { tagName, attribs: align ? { ...attribs, align } : attribs };
};

/** What Markdown makes, and little more: no scripts, styles, forms, frames or foreign content, no ids, names or handlers. */
const options: sanitize.IOptions = {
  allowedTags: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"],
    ...["em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "sub", "sup", "kbd", "small"],
    ...["ul", "ol", "li", "dl", "dt", "dd", "details", "summary"],
    ...["table", "thead", "tbody", "tr", "th", "td", "a", "img"],
  ],
  allowedAttributes: {
    a: ["href", "title", "rel"],
    img: ["src", "alt", "title", "width", "height", "loading", "referrerpolicy", "data-file-id"],
    ol: ["start"],
    details: ["open"],
    th: ["align"],
    td: ["align"],
  },
  allowedClasses: { code: [/^language-[\w+#.-]{1,50}$/] },
  allowedSchemes: ["http", "https", "mailto"],
  allowedSchemesByTag: { img: ["http", "https"] },
  allowProtocolRelative: false,
  transformTags: { a: link, img: image, th: cell, td: cell },
  nestingLimit: 100,
};

/** HTML that does nothing but show text, links and pictures, whoever wrote it. Whole in itself: no tag is left open. */
export const safeHtml = (html: string): string => sanitize(html, options);
