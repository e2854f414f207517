import type { Command } from "commander";
import { contextOf } from "../server/context.ts";
import { liftSuppression, listSuppressed } from "../server/domain/notifications/suppressed-address.ts";
import { withApp } from "./open.ts";

const listed = 200;
const origin = { requestId: "command-line", ip: "127.0.0.1", userAgent: "taskwire mail" };

/** `mail suppressed | lift`: addresses that get essential letters only. */
export function addTo(program: Command): void {
  const command = program.command("mail").description("addresses that get letters about their account only");
  command
    .command("suppressed")
    .description(`the latest ${listed}, with their reasons`)
    .action(() =>
      withApp(async (app) => {
        const addresses = await listSuppressed(contextOf(app, null, origin), listed);
        const lines = addresses.map(
          ({ address, reason, detail, createdAt }) => `${createdAt}  ${reason.padEnd(9)}  ${address}  ${detail ?? ""}`,
        );
        console.log(lines.join("\n") || "Letters of all kinds are sent to every address.");
      }),
    );
  command
    .command("lift <address>")
    .description("sends letters of all kinds to an address again")
    .action((address: string) =>
      withApp(async (app) => {
        await liftSuppression(contextOf(app, null, origin), address);
        console.log(`${address} gets letters of all kinds again.`);
      }),
    );
}
