import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import type { Config } from "../config.ts";
import { wrapText } from "./wrap-text.ts";

const ownFolder = fileURLToPath(new URL("../templates/mail/", import.meta.url));

/** Turns what a letter says into what it looks like. */
export interface MailTemplates {
  /** @throws Error when the template is missing or fails */
  render(template: string, data: Readonly<Record<string, unknown>>): { html: string; text: string };
}

declare module "./services.ts" {
  interface Services {
    readonly mailTemplates: MailTemplates;
  }
}

/**
 * The templates of the product, each replaced by one of the same name in `MAIL_TEMPLATES_DIR`. They are read once, at
 * the start, and name each other as `@layout.html`. What is put into HTML is escaped; text is wrapped.
 *
 * @throws Error that names a template which cannot be understood
 */
export function loadMailTemplates({ MAIL_TEMPLATES_DIR }: Pick<Config, "MAIL_TEMPLATES_DIR">): MailTemplates {
  const html = new Eta({ autoEscape: true, autoTrim: false });
  const text = new Eta({ autoEscape: false, autoTrim: [false, "nl"] });
  for (const folder of [ownFolder, ...(MAIL_TEMPLATES_DIR ? [MAIL_TEMPLATES_DIR] : [])]) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".eta"))) {
      const eta = file.endsWith(".html.eta") ? html : text;
      try {
        eta.loadTemplate(`@${file.slice(0, -4)}`, readFileSync(join(folder, file), "utf8"));
      } catch (cause) {
        throw new Error(`The mail template ${file} cannot be understood: ${(cause as Error).message}`, { cause });
      }
    }
  }
  return {
    render: (template, data) => ({
      html: html.render(`@${template}.html`, data),
      text: wrapText(text.render(`@${template}.text`, data)),
    }),
  };
}
