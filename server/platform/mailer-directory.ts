import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Config } from "../config.ts";
import { asNodemailer, type Mailer } from "./mail-message.ts";

/** So many are kept; the oldest make room. */
const kept = 500;

const mailDirectory = (config: Config): string => join(config.DATA_DIR, "mail");

/** Keeps mail as files, one a message, readable by their owner only; a repeat replaces what it repeats. */
export function openDirectoryMailer(config: Config): Mailer {
  const folder = mailDirectory(config);
  const composer = createTransport({ streamTransport: true, buffer: true });
  return {
    async send(mail) {
      const { message } = await composer.sendMail(asNodemailer(config, mail));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = join(folder, `${randomUUID()}.tmp`);
      await writeFile(draft, message as Buffer, { mode: 0o600, flag: "wx" });
      await rename(draft, join(folder, `${nameOf(mail.messageId)}.eml`));
      for (const { id } of (await listKeptMail(config)).slice(kept))
        await rm(join(folder, `${id}.eml`), { force: true });
    },
    check: async () => void (await mkdir(folder, { recursive: true, mode: 0o700 })),
    close: async () => {},
  };
}

const nameOf = (messageId: string) => createHash("sha256").update(messageId).digest("hex").slice(0, 32);

/** What was kept, the latest first. */
export async function listKeptMail(config: Config): Promise<{ id: string; at: Date }[]> {
  const folder = mailDirectory(config);
  const names = await readdir(folder).catch(() => []);
  const found = names
    .filter((name) => /^[0-9a-f]{32}\.eml$/.test(name))
    .map(async (name) => {
      const file = await stat(join(folder, name)).catch(() => null); // removed meanwhile
      return file ? [{ id: name.slice(0, -4), at: file.mtime }] : [];
    });
  return (await Promise.all(found)).flat().sort((a, b) => b.at.getTime() - a.at.getTime());
}

/** The message as it would have left; null where there is none. */
export async function readKeptMail(config: Config, id: string): Promise<Buffer | null> {
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  return readFile(join(mailDirectory(config), `${id}.eml`)).catch(() => null);
}
