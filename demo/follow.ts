import { io } from "socket.io-client";

interface Change {
  seq: number;
  type: string;
  entity: string;
  op: "create" | "update" | "delete";
  entityId: string;
  patch: Record<string, unknown>;
}

interface Snapshot {
  epoch: string;
  seq: number;
  entities: Record<string, { id: string }[]>;
}

const url = "http://localhost:4000";
const json = { "content-type": "application/json" };
const credentials = JSON.stringify({ username: "ada@example.com", password: "taskwire-demo" });
const login = await fetch(`${url}/api/v1/auth/login/`, { method: "POST", headers: json, body: credentials });
const { access: token } = (await login.json()) as { access: string };
async function get<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  return response.json() as Promise<Answer>;
}

const { items: projects } = await get<{ items: { id: string }[] }>("/projects");
const channel = `project:${projects[0]?.id}`;
const copy: Record<string, Map<string, object>> = {};
let epoch = "";
let cursor = 0;
let current = false;

async function takeSnapshot() {
  const snapshot = await get<Snapshot>(`/sync/${channel}`);
  ({ epoch, seq: cursor } = snapshot);
  for (const [entity, views] of Object.entries(snapshot.entities)) {
    copy[entity] = new Map(views.map((view) => [view.id, view]));
  }
}

function apply(changes: Change[]) {
  for (const { seq, type, entity, op, entityId, patch } of changes) {
    if (seq <= cursor) continue;
    copy[entity] ??= new Map();
    const before = copy[entity].get(entityId);
    if (op === "delete") copy[entity].delete(entityId);
    else if (op === "create") copy[entity].set(entityId, patch);
    else if (before) copy[entity].set(entityId, { ...before, ...patch });
    cursor = seq;
    console.log(`#${seq} ${type}`, patch);
  }
}

/** Frames that come meanwhile are not lost: the answer has their changes. */
async function catchUp(request: "channel:join" | "channel:pull"): Promise<void> {
  current = false;
  const answer = await socket.emitWithAck(request, { channel, epoch, since: cursor });
  if (!answer.ok) throw new Error(`${answer.error}: ${answer.message}`);
  if (answer.resync || answer.epoch !== epoch) {
    await takeSnapshot();
    return catchUp("channel:join");
  }
  apply(answer.changes);
  current = true;
  console.log(`up to date at ${cursor}`);
}

await takeSnapshot();
const socket = io(url, { transports: ["websocket"], auth: { token } });
socket.on("connect", () => catchUp("channel:join"));
socket.on("disconnect", () => {
  current = false;
});
socket.on("changes", (frame: { channel: string; epoch: string; from: number; changes: Change[] }) => {
  if (!current || frame.channel !== channel) return;
  if (frame.epoch !== epoch || frame.from > cursor) catchUp("channel:pull");
  else apply(frame.changes);
});
socket.on("heads", (heads: Record<string, number>) => {
  if (current && (heads[channel] ?? 0) > cursor) catchUp("channel:pull");
});
