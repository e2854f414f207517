import { once } from "node:events";
import { WebSocket } from "ws";

export interface HeardChange {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly patch: Readonly<Record<string, unknown>>;
}

/** Changes as they came over a socket. */
export interface Frame {
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly HeardChange[];
}

export interface JoinAnswer {
  readonly ok: boolean;
  readonly head: number;
  readonly resync?: true;
  readonly changes?: readonly { readonly seq: number }[];
  readonly error?: string;
}

/** A client of Socket.IO in few lines (Engine.IO 4, WebSocket only), so that a thousand of them are a light load. */
export interface LightSocket {
  join(request: { channel: string; since?: number; epoch?: string }): Promise<JoinAnswer>;
  close(): void;
}

/** Sockets of one channel get the same bytes: they are read once. */
let lastBytes: Buffer = Buffer.alloc(0);
let lastFrame: Frame | null = null;

function frameOf(bytes: Buffer): Frame | null {
  if (bytes.equals(lastBytes)) return lastFrame;
  const [event, frame] = JSON.parse(bytes.subarray(2).toString()) as [string, Frame];
  lastBytes = bytes;
  lastFrame = event === "changes" ? frame : null;
  return lastFrame;
}

const [open, ping, message] = [..."024"].map((type) => type.charCodeAt(0)) as [number, number, number];
const [connected, event, ack, refused] = [..."0234"].map((type) => type.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** Connects and signs in. `heard` gets every frame of changes. */
export async function connect(
  origin: string,
  token: string,
  heard: (frame: Frame) => void = () => {},
): Promise<LightSocket> {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const answers = new Map<number, (answer: JoinAnswer) => void>();
  let requests = 0;
  let failed: (error: Error) => void = () => {};

  const signedIn = new Promise<void>((resolve, reject) => {
    failed = reject;
    socket.on("message", (data) => {
      const bytes = data as Buffer;
      if (bytes[0] === open) socket.send(`40${JSON.stringify({ token })}`);
      else if (bytes[0] === ping) socket.send("3");
      else if (bytes[0] !== message) return;
      else if (bytes[1] === connected) resolve();
      else if (bytes[1] === refused) reject(new Error(`The handshake was refused: ${bytes}`));
      else if (bytes[1] === event) {
        const frame = frameOf(bytes);
        if (frame) heard(frame);
      } else if (bytes[1] === ack) {
        const begin = bytes.indexOf("[");
        const number = Number(bytes.subarray(2, begin).toString());
        const [answer] = JSON.parse(bytes.subarray(begin).toString());
        answers.get(number)?.(answer);
        answers.delete(number);
      }
    });
  });
  socket.once("error", (error) => failed(error));
  await signedIn;
  return {
    join(request) {
      const number = requests++;
      const answered = new Promise<JoinAnswer>((resolve) => answers.set(number, resolve));
      socket.send(`42${number}${JSON.stringify(["channel:join", request])}`);
      return answered;
    },
    close: () => socket.terminate(),
  };
}

/** Ends sockets and lets the server notice. */
export async function closeAll(sockets: readonly LightSocket[]): Promise<void> {
  for (const socket of sockets) socket.close();
  await once(AbortSignal.timeout(300), "abort");
}
