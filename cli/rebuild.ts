import type { Command } from "commander";
import { contextOf } from "../server/context.ts";
import { rebuildAnalytics } from "../server/domain/analytics/rebuild-analytics.ts";
import { withApp } from "./open.ts";

/** `rebuild analytics`: makes read models anew from the feed, also while servers are running. */
export function addTo(program: Command): void {
  program
    .command("rebuild")
    .description("makes figures anew from the feed; each project's are replaced in one transaction")
    .command("analytics")
    .option("--project <id>", "only this project's")
    .action(({ project }: { project?: string }) =>
      withApp(async (app) => {
        const ctx = contextOf(app, null, { requestId: "rebuild", ip: "127.0.0.1", userAgent: "taskwire rebuild" });
        const told = (channel: string, changes: number) => console.log(`${channel}: ${changes} changes`);
        const total = await rebuildAnalytics(ctx, project ? { projectId: project, told } : { told });
        console.log(`${total} changes applied`);
      }),
    );
}
