// npm run demo -- [cards.json]: two people work on one board at once, one of them is cut off half-way, and nothing is
// missed; then one shows the other a picture and names her, and all that should reach her does.
import { readFile } from "node:fs/promises";
import { openNetwork } from "../server/testing/network.ts";
import { boardOfSeed, importBoard } from "./board.ts";
import { report, reportArrivals } from "./report.ts";
import { startServer } from "./server.ts";
import { signIn } from "./sign-in.ts";
import { talk } from "./talk.ts";
import { readTrello } from "./trello.ts";
import { workTogether } from "./work.ts";

const [file] = process.argv.slice(2);
const step = (line: string) => console.log(`• ${line}`);

step("Starting a server with data of its own …");
const server = await startServer();
const network = await openNetwork(() => server.port);
try {
  const ada = await signIn(`http://127.0.0.1:${server.port}`, "ada@example.com");
  const grace = await signIn(`http://127.0.0.1:${network.port}`, "grace@example.com");
  step("Ada and Grace have signed in; Grace's network can be cut.");

  const projectId = file
    ? await importBoard(ada, readTrello(JSON.parse(await readFile(file, "utf8"))), step)
    : await boardOfSeed(ada);
  const outcome = await workTogether({ ada, grace, network, projectId, step });
  const nobodyMissed = report(outcome);
  const allArrived = reportArrivals(await talk({ ada, grace, projectId, dataDir: server.dataDir, step }));
  process.exitCode = nobodyMissed && allArrived ? 0 : 1;
  ada.close();
  grace.close();
} finally {
  await network.close();
  await server.stop();
}
