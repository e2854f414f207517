// `npx taskwire <command>`: what an operator does, on the database and the services that the settings name.
import { enableCompileCache } from "node:module";

enableCompileCache(); // compiled modules are kept from one run to the next
const [{ Command }, { version }, { reasonOf }, ...parts] = await Promise.all([
  import("commander"),
  import("../server/api/product.ts"),
  import("../server/lifecycle.ts"),
  import("./migrate.ts"),
  import("./doctor.ts"),
  import("./backup.ts"),
  import("./dead-letters.ts"),
  import("./rebuild.ts"),
  import("./user.ts"),
  import("./mail.ts"),
  import("./keys.ts"),
]);

const program = new Command("taskwire")
  .description("Operates a Taskwire server: its settings come from the environment or from a file .env.")
  .version(version)
  .showHelpAfterError();
for (const { addTo } of parts) addTo(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}
