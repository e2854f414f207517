import { z } from "zod";

const maxStateBytes = 1_024;

const channel = z.string().max(100);
const since = z.int().min(0);
const epoch = z.uuid().optional();
const token = z.string().min(1).max(8_192);
const state = z.record(z.string().max(100), z.unknown()).refine((value) => bytesOf(value) <= maxStateBytes, {
  error: `must be at most ${maxStateBytes} bytes of JSON`,
});

/** Of its JSON; more than any bound where it is nested too deeply to be written. */
function bytesOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export const handshakeInput = z.object({ token });

/** What a client may say, by event. */
export const inputs = {
  "channel:join": z.strictObject({ channel, since: since.optional(), epoch }),
  "channel:leave": z.strictObject({ channel }),
  "channel:pull": z.strictObject({ channel, since, epoch }),
  "auth:renew": z.strictObject({ token }),
  "presence:set": z.strictObject({ channel, state: state.nullable() }),
  "typing:set": z.strictObject({ channel, about: z.uuid().optional(), typing: z.boolean().default(true) }),
} as const;

export type RequestName = keyof typeof inputs;
export type Request<Name extends RequestName> = z.output<(typeof inputs)[Name]>;
