import type { Command } from "commander";
import { openObjectStore } from "../server/platform/object-store.ts";
import { restoreBackup, restoreObjects } from "./backup/restore.ts";
import { writeBackup } from "./backup/write.ts";
import { withApp, withDatabase } from "./open.ts";

const say = (line: string) => console.log(`• ${line}`);

/** `backup` and `restore`. */
export function addTo(program: Command): void {
  program
    .command("backup <directory>")
    .description("writes all that the database holds, as of one moment, into a new directory; the server may go on")
    .option("--with-files", "copies the stored files, too", false)
    .action(async (directory: string, { withFiles }: { withFiles: boolean }) => {
      await withDatabase((url) => withApp((app) => writeBackup(app, url, directory, { withFiles, say })));
      console.log(`The backup is in ${directory}. Keep DATA_DIR/secrets, or JWT_PRIVATE_KEY, beside it.`);
    });
  program
    .command("restore <directory>")
    .description("fills an empty database from a backup, compares it with the backup, and begins a new epoch")
    .action(async (directory: string) => {
      await withDatabase(async (url, config) => {
        const manifest = await restoreBackup(url, directory, say);
        if (manifest.objects) say(`${await restoreObjects(openObjectStore(config), manifest, directory)} files`);
        else say("no files: the backup was made without them");
        console.log(`The database is as of ${manifest.at}. Start the server; all clients take a fresh snapshot.`);
      });
    });
}
