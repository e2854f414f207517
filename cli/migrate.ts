import type { Command } from "commander";
import { migrate } from "../db/orm.ts";
import { seedDemo } from "../db/seed.ts";
import { withApp, withDatabase } from "./open.ts";

/** `migrate` and `seed`. */
export function addTo(program: Command): void {
  program
    .command("migrate")
    .description("brings the database to the newest schema; a server does so at its start, too")
    .action(async () => {
      const ran = await withDatabase((url) => migrate(url));
      console.log(ran.length > 0 ? `Done: ${ran.join(", ")}.` : "The database has the newest schema.");
    });
  program
    .command("seed")
    .description("fills an empty database with the demo organization")
    .action(async () => {
      await withDatabase((url) => migrate(url));
      const demo = await withApp(seedDemo);
      if (!demo) throw new Error("The database holds something else already; the demo is only for an empty one.");
      console.log(`Sign in as ${demo.people.map(({ email }) => email).join(", ")} with ${demo.password}`);
    });
}
