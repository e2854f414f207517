import { createHash } from "node:crypto";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Actor } from "../context.ts";
import { makeThumbnail } from "../domain/files/make-thumbnail.ts";
import { AppError } from "../errors.ts";
import { type FileScene, sceneOf } from "../testing/files.ts";

const scene = sceneOf({ FILE_SIZE_LIMIT_MIB: "1" });

interface Target {
  files: FileScene;
  owner: Actor;
  taskId: string;
}
/** What an attack meets: an answer of the server, or an error of a procedure. */
type Attack = (target: Target) => Promise<Response | object>;
/** A refusal by its code, or a file that can do nothing. */
type End = string | { name?: string; mediaType?: string; shown?: boolean; drawn?: boolean };

const nobody = "00000000-0000-4000-8000-000000000000";
const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
const bytes = (...parts: (string | Buffer)[]) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));

/** By a form; without `fields.taskId` it goes nowhere. */
const form =
  (fields: Record<string, string>, content: string | Uint8Array<ArrayBuffer> = "hello", name?: string): Attack =>
  ({ files, owner, taskId }) =>
    files.upload(owner, { taskId, ...fields }, content, name);
const placeless =
  (fields: Record<string, string>): Attack =>
  ({ files, owner }) =>
    files.upload(owner, fields, "hello");
const content = (file: string | Uint8Array<ArrayBuffer>, name?: string) => form({}, file, name);
const named = (name: string) => content("hello", name);

const raw =
  (type: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Attack =>
  ({ files, owner }) =>
    files.fetch(owner, "/files", { method: "POST", headers: { "content-type": type, ...headers }, body });
const multipart = "multipart/form-data; boundary=x";

/** Straight to the store: begun as told, then whatever `act` does to it. */
const direct =
  (
    wanted: { name?: string; sizeBytes?: number; sha256?: string },
    act: (target: Target & { uploadId: string }) => Promise<Response | object> = async () => ({}),
  ): Attack =>
  async (target) => {
    const { files, owner, taskId } = target;
    const input = { taskId, name: "a.txt", sizeBytes: 5, sha256: sha256("hello"), ...wanted };
    const { id: uploadId } = await files.caller(owner).uploads.create(input);
    return act({ ...target, uploadId });
  };
async function sign({ files, owner, uploadId }: Target & { uploadId: string }): Promise<string> {
  const { parts } = await files.caller(owner).uploads.signParts({ uploadId, partNumbers: [1] });
  return parts[0]?.url as string;
}
const put = (url: string, body: string) => fetch(url, { method: "PUT", body });
const complete = ({ files, owner, uploadId }: Target & { uploadId: string }) =>
  files.caller(owner).uploads.complete({ uploadId });
const sent =
  (body: string) =>
  async (target: Target & { uploadId: string }): Promise<Response | object> => {
    const answer = await put(await sign(target), body);
    return answer.ok ? complete(target) : answer;
  };

function png(width: number, height: number, pixels: Buffer): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8); // one bit a pixel
  const head = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    head,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
const smallPng = png(1, 1, Buffer.from([0, 0]));
const gif = Buffer.from(
  "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b",
  "hex",
);
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex");
const zip = Buffer.from("504b03041400000008000000210000000000000000000000000001000000612e0300", "hex");
const script = "<script>alert(1)</script>";
/** A page whose box is larger than any screen. */
const hugePdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 999999999 999999999]>>endobj
trailer<</Root 1 0 R>>
`;

const attacks: readonly (readonly [string, Attack, End])[] = [
  ["a wrong length", form({ sizeBytes: "4" }), "validation.failed"],
  ["a wrong checksum", form({ sha256: sha256("other") }), "validation.failed"],
  ["no checksum at all", form({ sha256: "xyz" }), "validation.failed"],
  ["more than a file may have", content("x".repeat(1024 * 1024 + 1)), "too-large"],
  ["an announced size beyond the limit", form({ sizeBytes: String(2 ** 40) }), "too-large"],
  ["no place", placeless({}), "validation.failed"],
  ["two places", form({ organizationId: nobody }), "validation.failed"],
  ["a place that is not there", placeless({ taskId: nobody }), "not-found"],
  ["a place that is no id", placeless({ taskId: "1' or 1=1" }), "validation.failed"],
  ["a new version of a file that is not there", placeless({ fileId: nobody }), "not-found"],
  ["a key of its own", form({ objectKey: "../../x" }), "validation.failed"],
  ["a type of its own", form({ mediaType: "text/html" }), "validation.failed"],
  ["a prototype", form({ "__proto__[admin]": "1" }), "validation.failed"],
  ["a long field", form({ sha256: "a".repeat(1000) }), "validation.failed"],
  ["ten fields", form(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, "x"]))), "validation.failed"],
  [
    "10,000 parts in one form",
    raw(multipart, `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'.repeat(10_000)}--x--\r\n`),
    "validation.failed",
  ],
  [
    "a form in a form",
    raw(multipart, "--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n"),
    "validation.failed",
  ],
  ["a header without end", raw(multipart, `--x\r\nContent-Disposition: ${"y".repeat(200_000)}`), "validation.failed"],
  [
    "a compressed body",
    raw(multipart, new Uint8Array(gzipSync("--x--\r\n")), { "content-encoding": "gzip" }),
    "validation.failed",
  ],

  ["a traversal", named("../../../etc/passwd"), { name: "passwd" }],
  ["a traversal for Windows", named("..\\..\\boot.ini"), { name: "boot.ini" }],
  ["a traversal in percent", named("..%2f..%2fetc%2fpasswd"), { name: "..%2f..%2fetc%2fpasswd" }],
  ["a name of dots", named(".."), "validation.failed"],
  ["a name of dots for the store", direct({ name: "../.." }, sent("hello")), { name: "file" }],
  ["a name that runs backwards", named("invoice\u202Efdp.exe"), { name: "invoicefdp.exe" }],
  ["a device's name", named("con.txt"), { name: "_con.txt" }],
  [
    "a name with header lines",
    direct({ name: "a\r\nset-cookie: x=1.txt" }, sent("hello")),
    { name: "aset-cookie_ x=1.txt" },
  ],

  ["a page called a picture", content(`<html>${script}`, "a.png"), { mediaType: "text/html", shown: false }],
  [
    "SVG with a script",
    content(`<svg onload="alert(1)">${script}</svg>`, "a.svg"),
    { mediaType: "image/svg+xml", shown: false },
  ],
  ["SVG called a picture", content(`<svg onload="alert(1)"/>`, "a.png"), { mediaType: "image/svg+xml", shown: false }],
  [
    "XML with entities",
    content('<?xml version="1.0"?><!DOCTYPE note [<!ENTITY b SYSTEM "file:///etc/passwd">]><note>&b;</note>'),
    { mediaType: "application/xml", shown: false },
  ],
  [
    "a picture that is a script",
    content("GIF89a/*<script>alert(1)</script>*/=1", "a.js"),
    { mediaType: "image/gif", shown: true },
  ],
  ["a picture with a page behind it", content(bytes(gif, script), "a.html"), { mediaType: "image/gif", shown: true }],
  [
    "a picture with a page within",
    content(bytes(jpeg, Buffer.from("fffe0040", "hex"), script), "a.html"),
    { mediaType: "image/jpeg", shown: true },
  ],
  [
    "a picture with an archive behind it",
    content(bytes(smallPng, zip), "a.jar"),
    { mediaType: "image/png", shown: true },
  ],
  [
    "a document with a page before it",
    content(`<html>${script}\n%PDF-1.7\n`, "a.pdf"),
    { mediaType: "text/html", shown: false },
  ],
  [
    "a document with a script",
    content("%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"),
    { mediaType: "application/pdf", shown: false },
  ],
  ["an archive", content(bytes(zip)), { mediaType: "application/zip", shown: false }],
  [
    "a page in UTF-16",
    content(bytes(Buffer.from([0xff, 0xfe]), Buffer.from(`<html>${script}`, "utf16le"))),
    { mediaType: "application/octet-stream", shown: false },
  ],
  ["a page in UTF-7", content("+ADw-script+AD4-alert(1)+ADw-/script+AD4-"), { mediaType: "text/plain", shown: true }],
  [
    "a script far behind plain words",
    content(`${"x".repeat(100_000)}${script}`, "a.html"),
    { mediaType: "text/plain", shown: true },
  ],

  [
    "a bomb that claims its pixels",
    content(bytes(png(100_000, 100_000, Buffer.alloc(1000))), "a.png"),
    { mediaType: "image/png" },
  ],
  [
    "a bomb that has its pixels",
    content(bytes(png(20_000, 20_000, Buffer.alloc(20_000 * 2_501))), "a.png"),
    { mediaType: "image/png" },
  ],
  ["a page without end", content(hugePdf, "a.pdf"), { mediaType: "application/pdf", drawn: true }],

  ["a negative size", direct({ sizeBytes: -1 }), "validation.failed"],
  ["a size that is no number", direct({ sizeBytes: Number.NaN }), "validation.failed"],
  ["10,000 parts", direct({ sizeBytes: 10_000 * 16 * 1024 * 1024 }), "too-large"],
  [
    "10,000 signatures at once",
    direct({}, ({ files, owner, uploadId }) =>
      files.caller(owner).uploads.signParts({ uploadId, partNumbers: Array.from({ length: 10_000 }, (_, n) => n + 1) }),
    ),
    "validation.failed",
  ],
  [
    "a part that is none of them",
    direct({}, ({ files, owner, uploadId }) => files.caller(owner).uploads.signParts({ uploadId, partNumbers: [2] })),
    "validation.failed",
  ],
  ["a part that is too long", direct({}, sent("hello!")), "validation.failed"],
  ["a part that is too short", direct({}, sent("hell")), "validation.failed"],
  ["other bytes than announced", direct({}, sent("HELLO")), "validation.failed"],
  ["an upload without its parts", direct({}, complete), "rule.broken"],
  [
    "a forged address",
    direct({}, async (target) => put((await sign(target)).replace(/.{8}$/, "AAAAAAAA"), "hello")),
    "auth.invalid",
  ],
  [
    "somebody else's upload",
    direct({}, async ({ files, uploadId }) => files.caller(await files.person()).uploads.complete({ uploadId })),
    "not-found",
  ],
];

test.each(attacks)("%s is refused, or does nothing", async (_, attack, end) => {
  const files = scene();
  const { organization, project, task, owner } = await files.board();
  const answer = await attack({ files, owner, taskId: task.id }).catch((error) => error as Error);
  const listed = await files.caller(owner).files.list({ projectId: project.id });
  if (typeof end === "string") {
    expect(await codeOf(answer)).toBe(end);
    expect(listed.items).toEqual([]);
    const [usage] = await files.app.sql.query<{ used: number }>(
      `select coalesce(sum(used_bytes), 0) - (select coalesce(sum(size_bytes), 0) from files.uploads where organization_id = $1) as used
      from files.usage where organization_id = $1`,
      [organization.id],
    );
    expect(Number(usage?.used)).toBe(0);
    return;
  }

  const [file] = listed.items;
  if (!file) throw new Error(`not taken: ${await codeOf(answer)}`);
  const { shown, drawn = false, ...view } = end;
  expect(file).toMatchObject({ state: "ready", ...view });
  const { headers } = await files.fetch(owner, `/files/${file.id}/content`);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
  expect(headers.get("content-type")).toBe(
    file.mediaType === "text/plain" ? "text/plain; charset=utf-8" : file.mediaType,
  );
  if (shown !== undefined) {
    expect(headers.get("content-disposition")).toMatch(shown ? /^inline;/ : /^attachment;/);
    return;
  }
  expect(headers.get("set-cookie")).toBe(null);
  const [blob] = await files.app.sql.query<{ blobId: string }>(
    `select blob_id as "blobId" from files.versions where file_id = $1`,
    [file.id],
  );
  await makeThumbnail(files.ctx(null), { blobId: blob?.blobId as string });
  expect(await files.caller(owner).files.get({ fileId: file.id })).toMatchObject({ hasThumbnail: drawn });
});

async function codeOf(answer: Response | object): Promise<string> {
  if (answer instanceof Response) return ((await answer.json()) as { error?: string }).error ?? `HTTP ${answer.status}`;
  const { cause, code } = answer as { cause?: unknown; code?: string };
  if (cause instanceof AppError) return cause.code;
  return code === "BAD_REQUEST" ? "validation.failed" : "taken";
}

test("of one part that is sent 1,000 times at once, one is kept and nothing else is left", async () => {
  const files = scene();
  const { task, owner } = await files.board();
  const upload = direct({}, async (target) => {
    const url = await sign(target);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => put(url, "hello")));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(statuses).toContain(200);
    return complete(target);
  });
  const file = await upload({ files, owner, taskId: task.id });
  expect(file).toMatchObject({ sizeBytes: 5, sha256: sha256("hello") });
});
