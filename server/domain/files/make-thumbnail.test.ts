import { buffer } from "node:stream/consumers";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { describeStores, type FileScene } from "../../testing/files.ts";
import { thumbnailKey } from "./download.ts";
import { drawThumbnail, makeThumbnail } from "./make-thumbnail.ts";

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#336699" } })
    .png()
    .toBuffer();

/** A page of 200 × 100 points, red all over. */
const pdf = Buffer.from(`%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>endobj
4 0 obj<</Length 27>>stream
1 0 0 rg 0 0 200 100 re f
endstream endobj
trailer<</Root 1 0 R>>
`);

/** A few kilobytes that claim to be of 100,000 × 100,000 pixels. */
function bomb(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(100_000, 0);
  header.writeUInt32BE(100_000, 4);
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1_000_000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

test.each([
  ["a picture", "image/png", () => picture(1000, 500), { width: 512, height: 256 }],
  ["a small picture", "image/png", () => picture(20, 10), { width: 20, height: 10 }],
  ["a PDF's first page", "application/pdf", async () => pdf, { width: 512, height: 256 }],
])("%s gets a thumbnail", async (_, mediaType, original, size) => {
  const drawn = await drawThumbnail(await original(), mediaType);
  expect(await sharp(drawn).metadata()).toMatchObject({ format: "webp", ...size });
});

test("a PDF is drawn in its colors", async () => {
  const { data } = await sharp(await drawThumbnail(pdf, "application/pdf"))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [red = 0, green = 0, blue = 0] = data;
  expect(red).toBeGreaterThan(200);
  expect(green + blue).toBeLessThan(80);
});

test.each([
  ["a bomb of pixels", "image/png", bomb],
  ["a broken picture", "image/png", () => Buffer.from("89504e470d0a1a0a00", "hex")],
  [
    "SVG called a picture",
    "image/png",
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  ],
  ["a broken PDF", "application/pdf", () => Buffer.from("%PDF-1.7 nonsense")],
])("%s gets none, within bounds", async (_, mediaType, original) => {
  const before = process.memoryUsage.rss();
  await expect(drawThumbnail(original(), mediaType)).rejects.toThrow();
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
});

describeStores("thumbnails", (scene) => {
  const blobOf = async (files: FileScene, fileId: string) => {
    const [row] = await files.app.sql.query<{ blobId: string; key: string }>(
      `select b.id as "blobId", b.object_key as key from files.versions v join files.blobs b on b.id = v.blob_id where v.file_id = $1`,
      [fileId],
    );
    return row as { blobId: string; key: string };
  };

  test("a worker makes one, and everybody hears of it", async () => {
    const files = scene();
    const { project, task, owner } = await files.board();
    const file = await files.file(owner, { taskId: task.id }, new Uint8Array(await picture(800, 600)), "a.png");
    const { blobId, key } = await blobOf(files, file.id);
    expect((await files.fetch(owner, `/files/${file.id}/content?thumbnail=true`)).status).toBe(404);

    await files.expectLaw([[`project:${project.id}`, owner]], async () => {
      await Promise.all([makeThumbnail(files.ctx(null), { blobId }), makeThumbnail(files.ctx(null), { blobId })]);
    });

    expect(await files.caller(owner).files.get({ fileId: file.id })).toMatchObject({ hasThumbnail: true, version: 2 });
    const response = await files.fetch(owner, `/files/${file.id}/content?thumbnail=true`);
    expect(response.headers.get("content-type")).toBe("image/webp");
    const given = Buffer.from(await response.arrayBuffer());
    expect(given.equals(await buffer(await files.app.store.get(thumbnailKey(key))))).toBe(true);

    const plain = await files.file(owner, { taskId: task.id }, "words");
    const fileIds = [plain.id, file.id, crypto.randomUUID()];
    const { items } = await files.caller(owner).files.thumbnails({ fileIds });
    expect(items).toEqual([{ fileId: file.id, url: expect.any(String) }]);
    const linked = await files.fetch(null, items[0]?.url as string);
    expect(given.equals(Buffer.from(await linked.arrayBuffer()))).toBe(true);
    const stranger = (await files.organization()).owner;
    expect(await files.caller(stranger).files.thumbnails({ fileIds })).toMatchObject({ items: [] });
  });

  test("what cannot be drawn has none, and stays as it is", async () => {
    const files = scene();
    const { task, owner } = await files.board();
    const file = await files.file(owner, { taskId: task.id }, new Uint8Array(bomb()), "bomb.png");
    const { blobId, key } = await blobOf(files, file.id);
    await makeThumbnail(files.ctx(null), { blobId });
    expect(await files.caller(owner).files.get({ fileId: file.id })).toEqual(file);
    expect(await files.app.store.sizeOf(thumbnailKey(key))).toBe(null);
  });
});
