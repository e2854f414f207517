import { createECDH, randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import webPush from "web-push";
import { mayBePublic, publicLookupBy } from "./public-address.ts";
import { sendWebPush } from "./web-push.ts";

/** A server on this machine that must not be reached, and from where it was. */
async function openInside() {
  const reached: string[] = [];
  const server = createServer((_req, res) => void res.end());
  server.on("connection", ({ remoteAddress = "" }) => reached.push(remoteAddress));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, reached };
}

const familyOf = (address: string) => (address.includes(":") ? 6 : 4);

/** A name server that answers what it likes, and something else each time; the last answer stays. */
function resolver(...answers: string[][]) {
  let asked = 0;
  const lookup = publicLookupBy((_name, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const found = addresses.map((address) => ({ address, family: familyOf(address) }));
    setImmediate(() => callback(null, found)); // as name servers do, not at once
  });
  return { lookup, asked: () => asked };
}

type Outcome = { addresses: string[]; error: string };

/** Asks for a host by name; hangs up once it is known where the connection goes, so that nothing leaves the machine. */
const connect = (port: number, { lookup }: ReturnType<typeof resolver>, autoSelectFamily: boolean) =>
  new Promise<Outcome>((done) => {
    const addresses: string[] = [];
    const sent = request({ host: "rebind.example", port, lookup, ...{ autoSelectFamily } });
    sent.once("socket", (socket) =>
      socket.on("lookup", (_error, address) => {
        if (!address) return;
        addresses.push(address);
        socket.destroy(new Error("hung up"));
      }),
    );
    sent.once("error", ({ message }) => done({ addresses, error: message }));
    sent.once("response", () => done({ addresses, error: "answered" }));
    sent.end();
  });

describe.for([false, true])("a name, trying families in parallel: %s,", (autoSelectFamily) => {
  test("that changes its mind is asked once: the connection goes to the address that was checked", async () => {
    const { port, reached } = await openInside();
    const names = resolver(["93.184.215.14"], ["127.0.0.1"]);
    const outcome = await connect(port, names, autoSelectFamily);
    expect(outcome).toEqual({ addresses: ["93.184.215.14"], error: "hung up" });
    expect(names.asked()).toBe(1);
    expect(await connect(port, names, autoSelectFamily)).toEqual({
      addresses: [],
      error: "rebind.example is no public host",
    });
    expect(reached).toEqual([]);
  });

  test.for([
    ["this machine", ["127.0.0.1"]],
    ["this machine, by IPv6", ["::1"]],
    ["an IPv4 address in IPv6", ["::ffff:10.0.0.1"]],
    ["a private network", ["192.168.1.1"]],
    ["a metadata service", ["169.254.169.254"]],
    ["no address in particular", ["0.0.0.0"]],
    ["a private address beside a public one", ["93.184.215.14", "10.0.0.1"]],
    ["nothing", []],
  ] as [string, string[]][])("that leads to %s is refused", async ([, addresses]) => {
    const { port, reached } = await openInside();
    const outcome = await connect(port, resolver(addresses), autoSelectFamily);
    expect(outcome).toEqual({ addresses: [], error: "rebind.example is no public host" });
    expect(reached).toEqual([]);
  });
});

test("a push message goes to no private network, whatever its endpoint's name leads to", async () => {
  const { port, reached } = await openInside();
  const browser = createECDH("prime256v1");
  const keys = { p256dh: browser.generateKeys("base64url"), auth: randomBytes(16).toString("base64url") };
  const vapid = { ...webPush.generateVAPIDKeys(), subject: "mailto:admin@example.test" };
  const send = (endpoint: string) =>
    sendWebPush(vapid, { endpoint, keys }, "{}", {
      ...{ topic: "topic", ttlSeconds: 60, allowsPrivate: false, signal: AbortSignal.timeout(5_000) },
      lookup: resolver(["127.0.0.1"]).lookup,
    });
  await expect(send(`https://push.example.com:${port}/`)).rejects.toThrow("push.example.com is no public host");
  for (const address of [`https://127.0.0.1:${port}/`, `http://push.example.com:${port}/`])
    await expect(send(address)).rejects.toThrow("The endpoint is not public");
  expect(reached).toEqual([]);
});

test.for([
  ["https://push.example.com/", true],
  ["https://93.184.215.14/", true],
  ["https://127.0.0.1/", false],
  ["https://2130706433/", false], // 127.0.0.1 as a number
  ["https://0x7f.1/", false],
  ["https://[::1]/", false],
  ["https://[::ffff:a00:1]/", false],
  ["https://localhost/", false],
  ["https://db.internal/", false],
  ["https://printer.local./", false],
] as const)("%s may be public: %s", ([url, expected]) => {
  expect(mayBePublic(new URL(url))).toBe(expected);
});
