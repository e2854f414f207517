import { expect, test } from "vitest";
import { describeStores } from "../testing/files.ts";

describeStores("downloads", (scene) => {
  async function given(content = "0123456789", name = "notes.txt") {
    const files = scene();
    const { task, owner } = await files.board();
    const file = await files.file(owner, { taskId: task.id }, content, name);
    const get = (headers: Record<string, string> = {}, query = "", method = "GET") =>
      files.fetch(owner, `/files/${file.id}/content${query}`, { headers, method });
    return { files, owner, file, get };
  }

  test.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=5-100", 206, "56789", "bytes 5-9/10"],
    ["bytes=0-1,5-6", 200, "0123456789", null],
    ["bytes=0-1,2-3", 206, "0123", "bytes 0-3/10"],
    ["lines=1-2", 200, "0123456789", null],
    ["bytes=abc", 200, "0123456789", null],
  ])("%s is answered with %i", async (range, status, text, contentRange) => {
    const { get } = await given();
    const response = await get({ range });
    expect([response.status, await response.text()]).toEqual([status, text]);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(response.headers.get("content-length")).toBe(String(text.length));
  });

  test("a range behind the end is refused, and says where the end is", async () => {
    const { get } = await given();
    const response = await get({ range: "bytes=10-" });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */10");
    expect(await response.json()).toMatchObject({ error: "validation.failed" });
  });

  test("who has the bytes already gets none; a range of other bytes is not mixed with theirs", async () => {
    const { get } = await given();
    const first = await get();
    const etag = first.headers.get("etag") as string;
    const modified = first.headers.get("last-modified") as string;
    expect((await get({ "if-none-match": etag })).status).toBe(304);
    expect((await get({ "if-none-match": '"other"' })).status).toBe(200);
    expect((await get({ "if-modified-since": modified })).status).toBe(304);
    expect((await get({ range: "bytes=0-1", "if-range": etag })).status).toBe(206);
    expect((await get({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200);
    expect((await get({ range: "bytes=0-1", "if-range": `W/${etag}` })).status).toBe(200);
    expect((await get({ range: "bytes=0-1", "if-range": modified })).status).toBe(206);
    const head = await get({}, "", "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
  });

  test("an empty file is a file", async () => {
    const { get, file } = await given("");
    expect(file.sizeBytes).toBe(0);
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect((await get({ range: "bytes=0-" })).status).toBe(416);
  });

  test.each([
    ["page.html", "<html><script>alert(1)</script>", "text/html", "attachment"],
    ["picture.png", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml", "attachment"],
    ["picture.gif", "GIF89a/*<script>alert(1)</script>*/=1", "image/gif", "inline"],
    ["notes.txt", "just words", "text/plain; charset=utf-8", "inline"],
    ["notes.html", "just words", "text/plain; charset=utf-8", "inline"],
    ["paper.pdf", "%PDF-1.7\n", "application/pdf", "attachment"],
  ])("%s is given as what its bytes are, and can do nothing", async (name, content, type, disposition) => {
    const { get } = await given(content, name);
    const { headers } = await get();
    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("content-disposition")).toMatch(new RegExp(`^${disposition};`));
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
    expect((await get({}, "?attachment=true")).headers.get("content-disposition")).toMatch(/^attachment;/);
  });

  test("names of all languages arrive (RFC 6266, RFC 8187)", async () => {
    const { get } = await given("x", 'Größe "日本" %41.txt');
    const disposition = (await get()).headers.get("content-disposition") as string;
    expect(disposition).not.toMatch(/[^\x20-\x7e]/);
    const encoded = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1] as string;
    expect(decodeURIComponent(encoded)).toBe("Größe _日本_ %41.txt");
  });

  test("a link works for whom it was made, while they may read the file", async () => {
    const { files, owner, file } = await given();
    const viewer = await files.personWith("viewer", {
      id: file.projectId,
      organizationId: file.organizationId,
    } as never);
    const { url } = await files.caller(viewer).files.link({ fileId: file.id });
    expect(await (await files.fetch(null, url)).text()).toBe("0123456789");
    expect((await files.fetch(null, url.replace(/\/links\/[^.]+\.[^.]+/, "$&AAAA"))).status).toBe(401);

    const { items } = await files.caller(owner).projectMembers.list({ projectId: file.projectId as string });
    const role = items.find(({ userId }) => userId === viewer.userId);
    await files.caller(owner).projectMembers.remove({ projectMemberId: role?.id as string });
    expect((await files.fetch(null, url)).status).toBe(404);
  });

  test.each([
    ["nobody", 401],
    ["a stranger", 404],
    ["a viewer", 200],
  ])("%s is answered with %i", async (who, status) => {
    const { files, file } = await given();
    const project = { id: file.projectId, organizationId: file.organizationId } as never;
    const actor =
      who === "nobody"
        ? null
        : who === "a stranger"
          ? (await files.organization()).owner
          : await files.personWith("viewer", project);
    expect((await files.fetch(actor, `/files/${file.id}/content`)).status).toBe(status);
  });

  test("a caller who leaves in the middle harms nothing", async () => {
    const { files, owner, file } = await given("x".repeat(30 * 1024 * 1024));
    const leaving = new AbortController();
    const response = await files.fetch(owner, `/files/${file.id}/content`, { signal: leaving.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    await expect(
      (async () => {
        for (;;) if ((await reader?.read())?.done) return;
      })(),
    ).rejects.toThrow();
    expect((await files.fetch(owner, `/files/${file.id}/content`, { headers: { range: "bytes=0-0" } })).status).toBe(
      206,
    );
  });
});
