import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { simpleParser } from "mailparser";

/** The subjects of the mail that the demo's server has sent to somebody: it keeps mail in a directory. */
export async function subjectsTo(dataDir: string, address: string): Promise<string[]> {
  const folder = join(dataDir, "mail");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml"));
  const mails = await Promise.all(names.map(async (name) => simpleParser(await readFile(join(folder, name)))));
  return mails.flatMap(({ to, subject = "" }) =>
    [to].flat().some((one) => one?.text.includes(address)) ? [subject] : [],
  );
}
