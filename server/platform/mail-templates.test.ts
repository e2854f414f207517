import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadMailTemplates } from "./mail-templates.ts";

/** Templates of one's own. */
async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "taskwire-templates-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}
const data = {
  subject: "Hello & welcome",
  paragraphs: ["One <b>paragraph</b>."],
  footer: "Why you got this.",
  product: { name: "Taskwire", url: "https://tasks.example" },
  canReply: false,
  unsubscribeUrl: null,
};

test("a layout of one's own goes around the letters of the product, and the rest stays as it is", async () => {
  const MAIL_TEMPLATES_DIR = await folder({
    "layout.html.eta": '<html class="acme"><title><%= it.subject %></title><%~ it.body %></html>',
  });
  const [ours, own] = [loadMailTemplates({}), loadMailTemplates({ MAIL_TEMPLATES_DIR })];
  const { html, text } = own.render("notice", data);
  expect(html).toMatch(/^<html class="acme"><title>Hello &amp; welcome<\/title>/);
  expect(html).toContain("One &lt;b&gt;paragraph&lt;/b&gt;.");
  expect(text).toBe(ours.render("notice", data).text);
  expect(ours.render("notice", data).html).not.toContain("acme");
});

test("a letter of one's own stands in the product's layout, and escapes what it is given", async () => {
  const MAIL_TEMPLATES_DIR = await folder({
    "notice.html.eta": '<% layout("@layout.html") %><h1>ACME: <%= it.subject %></h1>',
    "notice.text.eta": '<% layout("@layout.text") %>ACME: <%= it.subject %>',
    "README.md": "<% no template %>",
  });
  const { html, text } = loadMailTemplates({ MAIL_TEMPLATES_DIR }).render("notice", data);
  expect(html).toContain("<h1>ACME: Hello &amp; welcome</h1>");
  expect(html).toContain("prefers-color-scheme");
  expect(text).toContain("ACME: Hello & welcome\n");
  expect(text).toContain("Taskwire · https://tasks.example");
});

test("text ends with a signature that mail programs know, and what fits into a line keeps its columns", () => {
  const code = "if (a)   return b; // as it was";
  const { text } = loadMailTemplates({}).render("notice", { ...data, paragraphs: [code, "word ".repeat(40)] });
  expect(text).toContain(code);
  expect(text).toContain("\n\n-- \nWhy you got this.\n");
  expect(text.split("\n").filter((line) => line.length > 76)).toEqual([]);
});

test("one that cannot be understood stops the start, and is named", async () => {
  const MAIL_TEMPLATES_DIR = await folder({ "notice.html.eta": "<% if ( { %>" });
  expect(() => loadMailTemplates({ MAIL_TEMPLATES_DIR })).toThrow(
    "The mail template notice.html.eta cannot be understood",
  );
  expect(() => loadMailTemplates({ MAIL_TEMPLATES_DIR: "/nowhere/at/all" })).toThrow("ENOENT");
});
