import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";

const scene = sceneOf({ FILE_SIZE_LIMIT_MIB: "1" });
test("exactly the largest size is taken", async () => {
  const files = scene();
  const { task, owner } = await files.board();
  const file = await files.file(owner, { taskId: task.id }, "x".repeat(1024 * 1024));
  expect(file.sizeBytes).toBe(1024 * 1024);
});

test.each([
  ["another type of body", { "content-type": "application/json" }, "{}", 415],
  ["a form without a boundary", { "content-type": "multipart/form-data" }, "x", 415],
  ["a form that never was one", { "content-type": "multipart/form-data; boundary=x" }, "nonsense", 400],
  [
    "a form that ends early",
    { "content-type": "multipart/form-data; boundary=x" },
    '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    400,
  ],
  [
    "a form without a file",
    { "content-type": "multipart/form-data; boundary=x" },
    '--x\r\nContent-Disposition: form-data; name="taskId"\r\n\r\nabc\r\n--x--\r\n',
    400,
  ],
])("%s is refused", async (_, headers, body, status) => {
  const files = scene();
  const { owner } = await files.board();
  const response = await files.fetch(owner, "/files", { method: "POST", headers, body });
  expect([response.status, await response.json()]).toMatchObject([status, { error: "validation.failed" }]);
});

const aFile = (name: string) => ["file", new Blob(["x"]), name] as const;

test.for([
  ["two files", [aFile("a.txt"), aFile("b.txt")]],
  ["a file of another name behind it", [aFile("a.txt"), ["more", new Blob(["x"]), "b.txt"]]],
  ["a field behind the file", [aFile("a.txt"), ["internal", "true"]]],
  ["the place again behind the file", [aFile("a.txt"), ["taskId", crypto.randomUUID()]]],
] as const)("a form with %s is refused, and leaves no file and no reserved space", async ([, parts]) => {
  const files = scene();
  const { project, task, owner } = await files.board();
  const form = new FormData();
  form.append("taskId", task.id);
  for (const part of parts) form.append(...(part as [string, Blob, string]));
  const response = await files.fetch(owner, "/files", { method: "POST", body: form });
  expect([response.status, await response.json()]).toMatchObject([400, { error: "validation.failed" }]);
  expect(await files.caller(owner).files.list({ projectId: project.id })).toMatchObject({ items: [] });
  const open = "select id from files.uploads where organization_id = $1";
  expect(await files.app.sql.query(open, [project.organizationId])).toEqual([]);
});

test("a connection that breaks in the middle leaves no file and no reserved space", async () => {
  const files = scene();
  const { project, task, owner } = await files.board();
  const { token } = await files.app.tokens.mint(owner, crypto.randomUUID(), new Date());
  const { hostname, port } = new URL(files.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  socket.write(
    `POST /files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 500000\r\n` +
      `Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: form-data; name="taskId"\r\n\r\n${task.id}\r\n` +
      `--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n${"y".repeat(200_000)}`,
  );
  const open = () =>
    files.app.sql.query("select id from files.uploads where organization_id = $1", [project.organizationId]);
  await expect.poll(open).toHaveLength(1);
  socket.destroy();
  await once(socket, "close");
  await expect.poll(open).toHaveLength(0);
  expect(await files.caller(owner).files.list({ projectId: project.id })).toMatchObject({ items: [] });
});

test.each([
  ["signed-out", 401],
  ["viewer", 403],
  ["commenter", 200],
  ["stranger", 404],
] as const)("an upload by a %s is answered with %i", async (who, status) => {
  const files = scene();
  const { project, task } = await files.board();
  const actor =
    who === "signed-out"
      ? null
      : who === "stranger"
        ? (await files.organization()).owner
        : await files.personWith(who, project);
  expect((await files.upload(actor, { taskId: task.id }, "x")).status).toBe(status);
});

test("the space of an organization is shared out by the database", async () => {
  const files = scene();
  const { project, task, owner } = await files.board();
  await files.app.sql.query("insert into files.usage values ($1, $2)", [project.organizationId, 50 * 1024 ** 3 - 1024]);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => files.upload(owner, { taskId: task.id, sizeBytes: "300" }, "z".repeat(300))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 422, 422, 422, 422, 422]);
  const refused = answers.find(({ status }) => status === 422);
  expect(await refused?.json()).toMatchObject({ error: "rule.broken", details: { rule: "files.quota" } });
});
