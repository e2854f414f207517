import { expect, test } from "vitest";
import { z } from "zod";
import { defineLetter, type LetterDefinition } from "../server/domain/letters.ts";
import { sendLetter } from "../server/domain/notifications/send-letter.ts";
import { liftSuppression } from "../server/domain/notifications/suppressed-address.ts";
import { openMailServer } from "../server/testing/mail.ts";
import type { Scene } from "../server/testing/scene.ts";
import { describeBrokers, openScene, ownPrefix, workersFor } from "../server/testing/workers.ts";
import { sendLetters } from "./email.ts";
import { listDeadLetters } from "./engine/dead-letters.ts";

const sending = (scene: Scene) => workersFor(scene, { prefix: ownPrefix(), jobs: [sendLetters] });
const waiting = (scene: Scene) => scene.app.sql.query("select name from feed.jobs");
const untilIdle = (scene: Scene) => expect.poll(() => waiting(scene), { timeout: 10_000 }).toEqual([]);

async function mailScene(env: Record<string, string> = {}) {
  const server = await openMailServer();
  const scene = await openScene({ SMTP_URL: server.url, MAIL_FROM: "Taskwire <taskwire@example.test>", ...env });
  const { organization, owner } = await scene.organization();
  const { invitations } = scene.caller(owner);
  const invite = (email = "grace@example.test") =>
    invitations.create({ organizationId: organization.id, email, role: "member" });
  return { server, scene, organization, owner, invitations, invite };
}

describeBrokers("letters", (env) => {
  test("who is invited gets one letter, with the link that holds", async () => {
    const { server, scene, organization, invitations, invite } = await mailScene(env);
    const { id: invitationId } = await invite();
    await sending(scene);
    await untilIdle(scene);

    expect(server.arrived).toHaveLength(1);
    const [mail] = server.arrived;
    const { token } = await invitations.link({ invitationId });
    expect(mail).toMatchObject({
      recipient: "grace@example.test",
      subject: expect.stringContaining(`invites you to ${organization.name}`),
    });
    for (const body of [mail?.text, String(mail?.html)]) expect(body).toContain(`accept?token=${token}`);
    const stored = await scene.app.sql.query("select input::text as row from feed.jobs");
    expect(JSON.stringify(stored)).not.toContain(token);
  });
});

test("a resent invitation is a letter of its own; one that was taken back, or replaced, is not sent", async () => {
  const { server, scene, invitations, invite } = await mailScene();
  const withdrawn = await invite("withdrawn@example.test");
  await invitations.withdraw({ invitationId: withdrawn.id });
  const { id: invitationId } = await invite();
  await invitations.resend({ invitationId }); // before the first one left
  await sending(scene);
  await untilIdle(scene);
  expect(server.arrived.map(({ recipient }) => recipient)).toEqual(["grace@example.test"]);

  await invitations.resend({ invitationId });
  await untilIdle(scene);
  expect(new Set(server.arrived.map(({ messageId }) => messageId)).size).toBe(2);
});

test("a letter that was handed over is not sent again when its job is repeated", async () => {
  const { server, scene, invite } = await mailScene();
  await invite();
  const [job] = await scene.app.sql.query<{ input: unknown }>("select input from feed.jobs");
  await sending(scene);
  await untilIdle(scene);
  await scene.app.sql.query(
    "insert into feed.jobs (id, name, input, due_at) values (gen_random_uuid(), 'email.send', $1, now())",
    [JSON.stringify(job?.input)],
  );
  await untilIdle(scene);
  expect(server.arrived).toHaveLength(1);
});

test("a server that is busy is asked again; the repeat is the same message", async () => {
  const { server, scene, invite } = await mailScene();
  let asked = 0;
  server.refuse.recipient = () => (++asked < 3 ? "451 4.3.2 busy" : null);
  await invite();
  await sending(scene);
  await untilIdle(scene);
  expect([asked, server.arrived.length]).toEqual([3, 1]);
  expect(await listDeadLetters(scene.app.sql, null, 10)).toEqual([]);
});

test.for([
  ["there is no such mailbox", "550 5.1.1 no such user", true],
  ["no reason is given", "550 no", true],
  ["the mailbox is full", "552 5.2.2 over quota", false],
  ["the sender is not liked", "550 5.7.1 policy", false],
] as const)("a letter refused because %s is given up at once", async ([, reply, isSuppressed]) => {
  const { server, scene, invite } = await mailScene();
  server.refuse.recipient = () => reply;
  await invite();
  await sending(scene);
  await untilIdle(scene);
  expect(await listDeadLetters(scene.app.sql, "email.send", 10)).toMatchObject([{ attempts: 1 }]);
  const suppressed = await scene.app.sql.query("select address, reason from notifications.suppressed_addresses");
  expect(suppressed).toEqual(isSuppressed ? [{ address: "grace@example.test", reason: "bounce" }] : []);
});

test("a message refused for what it says does not suppress its address", async () => {
  const { server, scene, invite } = await mailScene();
  server.refuse.message = () => "554 5.7.1 spam";
  await invite();
  await sending(scene);
  await untilIdle(scene);
  expect(await scene.app.sql.query("select from notifications.suppressed_addresses")).toEqual([]);
  expect(await scene.app.sql.query("select state, detail from notifications.sent_letters")).toEqual([
    { state: "refused", detail: expect.stringContaining("5.7.1") },
  ]);
});

test("a suppressed address gets no letter, but for an essential one", async () => {
  const { server, scene, invitations, invite } = await mailScene();
  await scene.app.sql.query(
    "insert into notifications.suppressed_addresses (address, reason) values ('grace@example.test', 'bounce')",
  );
  const { id: invitationId } = await invite("Grace@example.test");
  await sending(scene);
  await untilIdle(scene);
  expect(server.arrived).toEqual([]);
  expect(await scene.app.sql.query("select state from notifications.sent_letters")).toEqual([{ state: "suppressed" }]);

  const to = { name: "Grace", address: "grace@example.test" };
  const reset = defineLetter({
    name: "reset",
    input: z.strictObject({}),
    essential: true,
    compose: async () => ({ to, subject: "Reset", template: "notice", data: { paragraphs: ["Here it is."] } }),
  });
  const run = { jobId: crypto.randomUUID(), isLast: false, signal: AbortSignal.timeout(5_000) };
  await sendLetter(scene.ctx(null), [reset as unknown as LetterDefinition], { letter: "reset", input: {} }, run);
  expect(server.arrived.map(({ subject }) => subject)).toEqual(["Reset"]);

  await liftSuppression(scene.ctx(null), "grace@example.test");
  await invitations.resend({ invitationId });
  await expect.poll(() => server.arrived.map(({ recipient }) => recipient)).toEqual([to.address, to.address]);
});

test("while the mail server is away, letters wait", async () => {
  const { server, scene, invite } = await mailScene();
  const { port } = new URL(server.url);
  await server.close();
  await invite();
  await sending(scene);
  await expect
    .poll(() => scene.app.sql.query("select error from feed.jobs"))
    .toMatchObject([{ error: expect.any(String) }]);
  const back = await openMailServer(Number(port));
  await untilIdle(scene);
  expect(back.arrived).toHaveLength(1);
});
