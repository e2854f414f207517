import type { Response } from "express";

/** Nothing runs, loads or frames; forms go nowhere but back. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it stands in HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] as string);

const style = `:root { color-scheme: light dark } body { margin: 0; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem } h1 { font-size: 1.35rem } a { color: LinkText }
button { font: inherit; padding: .5rem 1.1rem; border-radius: .4rem; border: 1px solid GrayText; cursor: pointer }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid #8884; vertical-align: top }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid #8884; border-radius: .4rem }
iframe { width: 100%; height: 34rem; border: 1px solid #8884; border-radius: .4rem; background: Canvas }`;

/** A page for people, without script. @param body is HTML, escaped where it must be */
export function sendPage(res: Response, status: number, title: string, body: string): void {
  res.status(status);
  res.setHeader("content-type", "text/html; charset=utf-8");
  res.setHeader("content-security-policy", policy);
  res.setHeader("referrer-policy", "no-referrer"); // addresses may carry a token
  res.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Taskwire</title><style>${style}</style></head><body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`);
}
