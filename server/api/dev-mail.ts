import { type RequestHandler, Router } from "express";
import { type ParsedMail, simpleParser } from "mailparser";
import type { Config } from "../config.ts";
import { notFound } from "../errors.ts";
import { listKeptMail, readKeptMail } from "../platform/mailer-directory.ts";
import { escaped, sendPage } from "./plain-page.ts";

/** Whether mail is kept to be looked at, instead of being sent. */
export const keepsMail = (config: Config): boolean => config.NODE_ENV !== "production" && !config.SMTP_URL;

/** A letter's HTML is shown as a mail program would: nothing runs, and it is nobody's page. */
const letterPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; sandbox";

/** The mail that was kept, for developers: a list, each letter with its words, and as it would have left. */
export function devMail(config: Config): RequestHandler {
  const read = async (id: unknown): Promise<Buffer> => {
    const raw = await readKeptMail(config, String(id));
    if (!raw) throw notFound("mail");
    return raw;
  };
  return Router()
    .get("/", async (_req, res) => {
      const rows = (await listKeptMail(config)).slice(0, 100).map(async ({ id, at }) => {
        const raw = await readKeptMail(config, id);
        return raw ? rowOf(id, at, await simpleParser(raw)) : "";
      });
      const list = (await Promise.all(rows)).join("");
      const empty = "<p>No mail was sent yet. Invite somebody.</p>";
      sendPage(res, 200, "Mail", list ? `<table><tr><th>When<th>To<th>Subject</tr>${list}</table>` : empty);
    })
    .get("/:id", async (req, res) => {
      const { id } = req.params;
      const mail = await simpleParser(await read(id));
      const headers = ["From", "To", "Reply-To", "Date", "Message-ID", "References"].flatMap((name) => {
        const line = mail.headerLines.find(({ key }) => key === name.toLowerCase())?.line;
        return line ? [`<tr><th>${name}<td>${escaped(line.slice(name.length + 1).trim())}</tr>`] : [];
      });
      sendPage(
        res,
        200,
        mail.subject ?? "Mail",
        `<p><a href="/dev/mail">All mail</a> · <a href="/dev/mail/${escaped(id)}/raw">As it would have left</a></p>
        <table>${headers.join("")}</table>
        <p><iframe sandbox src="/dev/mail/${escaped(id)}/html" title="As HTML"></iframe></p>
        <pre>${escaped(mail.text ?? "")}</pre>`,
      );
    })
    .get("/:id/html", async (req, res) => {
      const { html } = await simpleParser(await read(req.params.id));
      res.setHeader("content-type", "text/html; charset=utf-8");
      res.setHeader("content-security-policy", letterPolicy);
      res.end(html || "");
    })
    .get("/:id/raw", async (req, res) => {
      res.setHeader("content-type", "text/plain; charset=utf-8");
      res.end(await read(req.params.id));
    });
}

const rowOf = (id: string, at: Date, mail: ParsedMail): string => {
  const to = [mail.to ?? []]
    .flat()
    .map(({ text }) => text)
    .join(", ");
  const subject = `<a href="/dev/mail/${id}">${escaped(mail.subject ?? "")}</a>`;
  return `<tr><td>${at.toISOString().slice(0, 16).replace("T", " ")}<td>${escaped(to)}<td>${subject}</tr>`;
};
