import { z } from "zod";
import { parseChannel, requireChannelScope } from "../server/domain/channels.ts";
import { AppError, notFound, ruleBroken, toAppError } from "../server/errors.ts";
import type { Channel } from "../server/platform/feed.ts";
import type { Connection } from "./connection.ts";
import type { Authenticate } from "./handshake.ts";
import { inputs, type Request, type RequestName } from "./inputs.ts";
import type { requestLimits } from "./limits.ts";
import { joinCount, refusedCount } from "./metrics.ts";
import type { GatewayOptions } from "./options.ts";
import type { Presence } from "./presence.ts";
import type { ServedChannels } from "./served-channels.ts";
import type { Typing } from "./typing.ts";

/** What requests act on. */
export interface Desk {
  readonly authenticate: Authenticate;
  readonly channels: ServedChannels;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly limits: ReturnType<typeof requestLimits>;
  readonly options: GatewayOptions;
  failed(request: string, error: unknown): void;
}

/** Acknowledges with success, in that very moment. */
type Reply = (answer: object) => void;

type Handlers = {
  [Name in RequestName]: (
    connection: Connection,
    request: Request<Name>,
    desk: Desk,
    reply: Reply,
  ) => void | Promise<void>;
};

const handlers: Handlers = {
  "channel:join": join,
  "channel:leave"(connection, request, { channels }, reply) {
    channels.find(channelNamed(request.channel))?.leave(connection);
    reply({});
  },
  "channel:pull": pull,
  async "auth:renew"(connection, request, { authenticate }, reply) {
    const who = await authenticate(request.token);
    if (who.userId !== connection.userId) throw new AppError("auth.invalid", "This token is somebody else's.");
    if (!connection.connected) return;
    connection.renew(who);
    reply({ expiresAt: who.expiresAt.toISOString() });
  },
  "presence:set"(connection, request, { presence }, reply) {
    presence.show(joined(connection, request.channel), connection, request.state);
    reply({});
  },
  "typing:set"(connection, request, { typing }, reply) {
    typing.tell(joined(connection, request.channel), connection, request.about ?? null, request.typing);
    reply({});
  },
};

async function join(
  connection: Connection,
  { channel, since, epoch }: Request<"channel:join">,
  { channels, options }: Desk,
  reply: Reply,
): Promise<void> {
  const name = channelNamed(channel);
  requireChannelScope(connection.who, name);
  if (!connection.channels.has(name) && connection.channels.size + connection.joining >= options.maxChannels) {
    throw ruleBroken("socket.channels", `A socket may join ${options.maxChannels} channels.`);
  }
  connection.joining += 1;
  try {
    await new Promise<void>((done, refuse) => {
      const served = channels.get(name);
      served.ask({
        connection,
        since: since ?? null,
        epoch,
        check: true,
        settle(position) {
          reply(position); // before anything live can be sent
          served.enter(connection);
          joinCount.inc();
          done();
        },
        refuse,
      });
    });
  } finally {
    connection.joining -= 1;
  }
}

function pull(
  connection: Connection,
  { channel, since, epoch }: Request<"channel:pull">,
  { channels }: Desk,
  reply: Reply,
): Promise<void> {
  const name = channelNamed(channel);
  requireChannelScope(connection.who, name);
  const served = channels.get(name);
  return new Promise((done, refuse) => {
    served.ask({
      connection,
      since,
      epoch,
      check: !connection.channels.has(served.name),
      settle(position) {
        reply(position);
        done();
      },
      refuse,
    });
  });
}

function channelNamed(channel: string): Channel {
  if (!parseChannel(channel)) throw notFound("channel");
  return channel as Channel;
}

function joined(connection: Connection, channel: string): Channel {
  const name = channelNamed(channel);
  if (!connection.channels.has(name)) throw ruleBroken("channel.joined", "Join the channel first.");
  return name;
}

/** Answers whatever a socket says, from the table of errors if need be; nothing it says can throw. */
export function serveRequests(connection: Connection, desk: Desk): void {
  connection.socket.use(([name, ...args]) => {
    const last = args.at(-1);
    const acknowledge = typeof last === "function" ? (args.pop() as (answer: object) => void) : () => {};
    void answer(connection, desk, name, args, acknowledge);
  });
}

async function answer(
  connection: Connection,
  desk: Desk,
  name: string,
  args: unknown[],
  acknowledge: (answer: object) => void,
): Promise<void> {
  try {
    await desk.limits.consume(connection.socket.id);
    if (connection.lagging) throw new AppError("rate-limited", "Read what was sent first.", { retryAfterSeconds: 1 });
    if (!Object.hasOwn(inputs, name)) throw new AppError("not-found", "There is no such request.");
    await handle(connection, desk, name as RequestName, args, (answer) => acknowledge({ ok: true, ...answer }));
  } catch (error) {
    const refusal = toAppError(error);
    if (refusal.code === "internal") desk.failed(name, error);
    refusedCount.inc({ error: refusal.code });
    acknowledge({ ok: false, ...refusal.toBody() });
    if (refusal.details["disconnect"]) connection.socket.disconnect(true);
  }
}

async function handle<Name extends RequestName>(
  connection: Connection,
  desk: Desk,
  name: Name,
  args: unknown[],
  reply: Reply,
): Promise<void> {
  const parsed = z.tuple([inputs[name]]).safeParse(args);
  if (!parsed.success) throw invalidRequest(parsed.error);
  await handlers[name](connection, parsed.data[0] as Request<Name>, desk, reply);
}

const invalidRequest = (error: z.ZodError) =>
  new AppError("validation.failed", "Some values are not as they should be.", {
    issues: error.issues.map(({ path: [, ...path], message }) => ({ path, message })),
  });
