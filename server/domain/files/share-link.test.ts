import { expect, test } from "vitest";
import { sceneOf } from "../../testing/files.ts";
import { refusal } from "../../testing/scene.ts";

const scene = sceneOf({ AUTH_LIMIT_PER_MINUTE: "3" });

async function given(how: { password?: string; downloadLimit?: number } = {}) {
  const files = scene();
  const board = await files.board();
  const file = await files.file(board.owner, { taskId: board.task.id }, "shared words", "words.txt");
  const caller = files.caller(board.owner);
  const link = await files.expectLaw([[`project:${board.project.id}`, board.owner]], () =>
    caller.shareLinks.create({ fileId: file.id, ...how }),
  );
  const { items } = await caller.shareLinks.list({ fileId: file.id });
  const url = items[0]?.url as string;
  const follow = async () => {
    const response = await files.fetch(null, url);
    const location = response.headers.get("location");
    return location ? files.fetch(null, location) : response;
  };
  const post = (body: object) =>
    files.fetch(null, url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { files, ...board, file, caller, link, url, follow, post };
}

test("whoever has the link gets the file, and nothing else", async () => {
  const { files, file, follow } = await given();
  const response = await follow();
  expect([response.status, await response.text()]).toEqual([200, "shared words"]);
  expect(response.headers.get("content-disposition")).toMatch(/^attachment/);
  expect((await files.fetch(null, `/files/${file.id}/content`)).status).toBe(401);
  expect((await files.fetch(null, "/files/shared/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).status).toBe(404);
});

test("nothing that is stored or told opens it", async () => {
  const { files, project, link, url } = await given();
  const token = url.split("/").at(-1) as string;
  const rows = await files.app.sql.query("select sl::text as row from files.share_links sl where id = $1", [link.id]);
  const changes = await files.changes(`project:${project.id}`);
  expect(JSON.stringify([rows, changes, link])).not.toContain(token);
});

test("a password is asked for, and guesses are counted", async () => {
  const { post, follow } = await given({ password: "open sesame" });
  expect((await follow()).status).toBe(401);
  expect((await post({})).status).toBe(401);
  expect((await post({ password: "wrong" })).status).toBe(401);
  const opened = await post({ password: "open sesame" });
  expect(opened.status).toBe(200);
  const { url, name } = (await opened.json()) as { url: string; name: string };
  expect(name).toBe("words.txt");
  expect(await (await fetch(url)).text()).toBe("shared words");
  await post({ password: "wrong" });
  expect((await post({ password: "open sesame" })).status).toBe(429);
});

test("the last download goes to one of many who ask at once; a preview takes none", async () => {
  const { files, url, follow, caller, file } = await given({ downloadLimit: 3 });
  await files.fetch(null, url, { method: "HEAD" });
  const answers = await Promise.all(Array.from({ length: 12 }, follow));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(9);
  expect((await caller.shareLinks.list({ fileId: file.id })).items).toMatchObject([{ downloads: 3 }]);
});

test("a download can be resumed without another count", async () => {
  const { files, url } = await given({ downloadLimit: 1 });
  const location = (await files.fetch(null, url)).headers.get("location") as string;
  for (const [range, text] of [
    ["bytes=0-5", "shared"],
    ["bytes=7-", "words"],
  ] as const) {
    expect(await (await files.fetch(null, location, { headers: { range } })).text()).toBe(text);
  }
});

test("revoked, expired, or with its maker's rights gone, it leads nowhere, also half-way", async () => {
  const { files, link, url, caller, project, owner } = await given();
  const location = (await files.fetch(null, url)).headers.get("location") as string;
  await files.expectLaw([[`project:${project.id}`, owner]], () => caller.shareLinks.delete({ shareLinkId: link.id }));
  expect((await files.fetch(null, url)).status).toBe(404);
  expect((await files.fetch(null, location)).status).toBe(404);
  await expect(caller.shareLinks.delete({ shareLinkId: link.id })).rejects.toMatchObject(refusal("not-found"));

  const expired = await given();
  await files.app.sql.query("update files.share_links set expires_at = now() where id = $1", [expired.link.id]);
  expect((await expired.follow()).status).toBe(404);

  const left = await given();
  await files.app.sql.query("update files.share_links set created_by_id = $2 where id = $1", [
    left.link.id,
    (await files.person()).userId,
  ]);
  expect((await left.follow()).status).toBe(404);
});

test("an internal file is hidden from guests and cannot be shared", async () => {
  const files = scene();
  const { project, task, owner } = await files.board();
  const guest = await files.personWith("editor", project);
  const head = await files.head(`project:${project.id}`);
  const file = await files.expectLaw([[`task-internal:${task.id}`, owner]], () =>
    files.file(owner, { taskId: task.id, internal: "true" }, "secret"),
  );
  expect(await files.changes(`project:${project.id}`, head)).toEqual([]);
  await expect(files.caller(guest).files.get({ fileId: file.id })).rejects.toMatchObject(refusal("not-found"));
  expect(await files.caller(guest).files.list({ projectId: project.id })).toMatchObject({ items: [] });
  expect((await files.fetch(guest, `/files/${file.id}/content`)).status).toBe(404);
  expect((await files.upload(guest, { taskId: task.id, internal: "true" }, "x")).status).toBe(403);
  await expect(files.caller(owner).shareLinks.create({ fileId: file.id })).rejects.toMatchObject(
    refusal("rule.broken"),
  );
  const open = files.caller(owner).files.copy({ fileId: file.id, projectId: project.id });
  await expect(open).rejects.toMatchObject(refusal("validation.failed"));
});
