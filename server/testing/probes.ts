import { connect } from "node:net";
import { Client } from "pg";

const env = process.env;

/** Where the real services are looked for; `TEST_…` names others. */
const places = {
  postgresql: env["TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres",
  redis: env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379",
  rabbitmq: env["TEST_AMQP_URL"] ?? "amqp://guest:guest@127.0.0.1:5672",
  s3: Object.assign(new URL(env["TEST_S3_ENDPOINT"] ?? "http://127.0.0.1:9000"), {
    username: env["TEST_S3_ACCESS_KEY"] ?? "",
    password: env["TEST_S3_SECRET_KEY"] ?? "",
  }).href,
};

export type ServiceName = keyof typeof places;
export type Services = Record<ServiceName, { readonly url: string; readonly reachable: boolean }>;

const WAIT_MS = 2_000;

/** Asks each service once, in its own protocol: an open port alone proves nothing. */
export async function probeServices(): Promise<Services> {
  const [postgresql, redis, rabbitmq, s3] = await Promise.all([
    answers(askPostgres(places.postgresql)),
    answers(askOverTcp(places.redis, "PING\r\n", ["+PONG", "-NOAUTH"])),
    answers(askOverTcp(places.rabbitmq, "AMQP\x00\x00\x09\x01", ["\x01\x00\x00"])), // a method frame on channel 0
    answers(askS3()),
  ]);
  return {
    postgresql: { url: places.postgresql, reachable: postgresql },
    redis: { url: places.redis, reachable: redis },
    rabbitmq: { url: places.rabbitmq, reachable: rabbitmq },
    s3: { url: places.s3, reachable: s3 },
  };
}

const answers = (question: Promise<unknown>): Promise<boolean> =>
  question.then(
    () => true,
    () => false,
  );

async function askPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: WAIT_MS });
  client.on("error", () => {});
  await client.connect();
  await client.end();
}

async function askS3(): Promise<void> {
  const { username, password, origin } = new URL(places.s3);
  if (!username || !password) throw new Error("no keys");
  await fetch(origin, { signal: AbortSignal.timeout(WAIT_MS) });
}

function askOverTcp(url: string, question: string, beginnings: readonly string[]): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((done, fail) => {
    const socket = connect({ host: hostname, port: Number(port) || (protocol === "redis:" ? 6379 : 5672) });
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error("no answer")));
    socket.once("connect", () => socket.write(question, "latin1"));
    socket.once("data", (data) => {
      if (beginnings.some((beginning) => data.toString("latin1").startsWith(beginning))) done();
      else fail(new Error("not the expected service"));
      socket.destroy();
    });
    socket.once("error", fail);
    socket.once("close", () => fail(new Error("closed")));
  });
}
