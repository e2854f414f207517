import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import sharp from "sharp";
import type { LiveStore, Taskwire } from "../client/index.ts";
import { openDevice } from "./device.ts";
import { subjectsTo } from "./mailbox.ts";

/** Something that was to reach somebody. */
export interface Arrival {
  readonly what: string;
  /** What came, in a few words; null when it did not come in time. */
  readonly arrived: string | null;
  /** From Ada's click. */
  readonly afterMs: number;
}

const patienceMs = 30_000;

/** Ada shows Grace a picture and names her; whatever should reach Grace is waited for. */
export async function talk(options: {
  ada: Taskwire;
  grace: Taskwire;
  projectId: string;
  /** Of the server, which keeps its mail there. */
  dataDir: string;
  step(line: string): void;
}): Promise<Arrival[]> {
  const { ada, grace, projectId, dataDir, step } = options;
  const me = await grace.api.auth.me.query({});
  const { items } = await ada.api.tasks.list.query({ projectId, limit: 1 });
  const task = items[0];
  if (!task) throw new Error("There is no task to talk about");
  const [board, thread, own] = [
    grace.live(`project:${projectId}`),
    grace.live(`task:${task.id}`),
    grace.live(`user:${me.user.id}`),
  ];
  await Promise.all([board.ready, thread.ready, own.ready]);
  const device = await openDevice(grace);

  step(`Ada shows Grace a picture at ${task.key}, and asks what she thinks of it …`);
  const clickedAt = performance.now();
  const fileId = await upload(ada, { taskId: task.id }, await drawPicture());
  const body = `What do you think, @[Grace](user:${me.user.id})?\n\n![the new page](attachment:${fileId})`;
  const comment = await ada.api.comments.create.mutate({ taskId: task.id, body, fileIds: [fileId] });

  const arrival = async (what: string, came: Promise<string | null>): Promise<Arrival> => {
    const arrived = await came;
    return { what, arrived, afterMs: Math.round(performance.now() - clickedAt) };
  };
  const arrivals = await Promise.all([
    arrival(
      "the comment, live",
      until(thread, () => thread.entities.comment.get(comment.id)?.html.includes('class="mention"') && "with her name"),
    ),
    arrival(
      "its picture, live",
      until(board, () => {
        const known = board.entities.file.get(fileId);
        return known && thread.entities.comment.get(comment.id)?.attachmentIds.includes(known.id) && known.name;
      }),
    ),
    arrival(
      "the picture's thumbnail",
      until(board, () => board.entities.file.get(fileId)?.hasThumbnail).then(() => thumbnail(grace, fileId)),
    ),
    arrival(
      "the mention, in her own channel",
      until(own, () => [...own.entities.mention.values()].some(({ commentId }) => commentId === comment.id) && "once"),
    ),
    arrival(
      "a notification, in her inbox",
      until(own, () => {
        const told = [...own.entities.notification.values()].filter(({ commentId }) => commentId === comment.id);
        return told.length > 0 && `${told.map(({ event }) => event).join(", ")}: ${told[0]?.excerpt}`;
      }),
    ),
    arrival(
      "a mail, in her mailbox",
      poll(async () => (await subjectsTo(dataDir, me.user.email)).find((subject) => subject.includes(task.key))),
    ),
    arrival(
      "a message, on her phone",
      poll(async () => {
        const [message] = device.received();
        return message && `${message.title}: ${message.body}`;
      }),
    ),
  ]);
  await device.close();
  for (const store of [board, thread, own]) store.close();
  return arrivals;
}

/** What a store shows once it shows it; null when that takes too long. */
function until(store: LiveStore, look: () => string | boolean | undefined): Promise<string | null> {
  return new Promise((done) => {
    const check = () => {
      const found = look();
      if (!found) return;
      end(String(found));
    };
    const end = (found: string | null) => {
      clearTimeout(timer);
      stop();
      done(found);
    };
    const timer = globalThis.setTimeout(() => end(null), patienceMs);
    const stop = store.subscribe(check);
    check();
  });
}

/** What is asked for, again and again, once it is there; null when that takes too long. */
async function poll(ask: () => Promise<string | undefined>): Promise<string | null> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const found = await ask();
    if (found) return found;
    await setTimeout(50);
  }
  return null;
}

/** Straight to the store, as a front end does it. */
async function upload({ api }: Taskwire, place: { taskId: string }, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const wanted = { ...place, name: "new-page.png", sizeBytes: bytes.length, sha256 };
  const { id: uploadId } = await api.uploads.create.mutate(wanted);
  const { parts } = await api.uploads.signParts.mutate({ uploadId, partNumbers: [1] });
  for (const { url } of parts) await fetch(url, { method: "PUT", body: bytes });
  return (await api.uploads.complete.mutate({ uploadId })).id;
}

async function drawPicture(): Promise<Uint8Array<ArrayBuffer>> {
  const circles = Array.from(
    { length: 12 },
    (_, at) => `<circle cx="${50 + at * 60}" cy="${200 + 80 * Math.sin(at)}" r="40" fill="hsl(${at * 30} 70% 55%)"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400"><rect width="800" height="400" fill="#fdf6e3"/>${circles.join("")}</svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}

/** Its size and form, as Grace gets it by a link. */
async function thumbnail({ api }: Taskwire, fileId: string): Promise<string | null> {
  const { items } = await api.files.thumbnails.query({ fileIds: [fileId] });
  const response = items[0] && (await fetch(items[0].url));
  if (!response?.ok) return null;
  const { format, width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  return `${format}, ${width} × ${height}`;
}
