import { expect } from "vitest";
import { authenticateToken } from "../server/domain/auth/authenticate.ts";
import type { Channel } from "../server/platform/feed.ts";
import { type Node, openSecondApp, Probe, startNode, tokenFor, until } from "../server/testing/gateway.ts";
import { type Scene, test } from "../server/testing/scene.ts";

const open = (node: Node, token: string) => new Probe(node.url, { token }).connected();

test("a revoked access token ends its sockets on every node within a second, also without Redis", async ({ scene }) => {
  const person = await scene.person();
  const elsewhere = await openSecondApp(scene.app);
  const [here, there] = await Promise.all([startNode(scene.app), startNode(elsewhere)]);
  const [token, kept] = await Promise.all([tokenFor(scene.app, person), tokenFor(scene.app, person)]);
  const probes = await Promise.all([open(here, token), open(there, token)]);
  const other = await open(there, kept);

  await scene.caller(null).auth.revokeToken({ token });

  await expect(authenticateToken(scene.app, token)).rejects.toMatchObject({ code: "auth.invalid" });
  const refused = () =>
    authenticateToken(elsewhere, token).then(
      () => null,
      (error) => error.code,
    );
  await expect.poll(refused, { timeout: 5_000, interval: 50 }).toBe("auth.invalid");
  await until(() => expect(probes.map(({ socket }) => socket.connected)).toEqual([false, false]));
  expect(other.socket.connected).toBe(true);
  expect(await authenticateToken(elsewhere, kept)).toMatchObject({ userId: person.userId });
});

test("a node that starts later knows what was revoked before", async ({ scene }) => {
  const token = await tokenFor(scene.app, await scene.person());
  await scene.caller(null).auth.revokeToken({ token });
  const later = await openSecondApp(scene.app);
  await expect(authenticateToken(later, token)).rejects.toMatchObject({ code: "auth.invalid" });
});

async function ownerWithToken(scene: Scene, scopes: string[]) {
  const { project, owner, task } = await scene.board();
  const { token, apiToken } = await scene.caller(owner).apiTokens.create({ name: "Socket", scopes });
  const channel: Channel = `project:${project.id}`;
  return { project, owner, task, token, apiToken, channel, probe: await open(await startNode(scene.app), token) };
}

test("an API token opens sockets, and joins what it is good for", async ({ scene }) => {
  const { probe, channel, owner, task } = await ownerWithToken(scene, ["project.read", "task.read", "file.read"]);
  await probe.join(channel);
  await scene.caller(owner).tasks.update({ taskId: task.id, title: "Live" });
  await until(() => expect(probe.changes(channel).at(-1)?.patch).toMatchObject({ title: "Live" }));

  for (const other of [`user:${owner.userId}`, `task:${task.id}`, `task-internal:${task.id}`] as Channel[]) {
    const refused = { ok: false, error: "access.denied" };
    expect(await probe.ask("channel:join", { channel: other })).toMatchObject(refused);
    expect(await probe.ask("channel:pull", { channel: other, since: 0 })).toMatchObject(refused);
  }
});

test("revoked, an API token closes its sockets", async ({ scene }) => {
  const { probe, channel, owner, apiToken } = await ownerWithToken(scene, ["project.read", "task.read", "file.read"]);
  await probe.join(channel);
  await scene.caller(owner).apiTokens.revoke({ apiTokenId: apiToken.id });
  await until(() => expect(probe.ended).toEqual(["auth.invalid"]));
});

test("a renewal cannot make a socket good for more than the token that it brings", async ({ scene }) => {
  const { probe, channel, owner } = await ownerWithToken(scene, ["account"]);
  const more = await scene.caller(owner).apiTokens.create({ name: "More", scopes: ["task.read"] });
  await probe.ask("auth:renew", { token: more.token });
  expect(await probe.ask("channel:join", { channel })).toMatchObject({ ok: false, error: "access.denied" });
});
