import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { sendLetters } from "../../../workers/email.ts";
import { dispatchSoon, followSubjects, notifyPeople } from "../../../workers/notifications.ts";
import { sendPushes } from "../../../workers/push.ts";
import { insiderWith } from "../../testing/discussion.ts";
import { openMailServer } from "../../testing/mail.ts";
import { untilTold } from "../../testing/notifications.ts";
import { openPushService } from "../../testing/push.ts";
import { openScene, ownPrefix, workersFor } from "../../testing/workers.ts";
import { dispatchDeliveries } from "./dispatch-deliveries.ts";

test("a service account is told nothing, by no way, where a person is told by each", async () => {
  const mail = await openMailServer();
  const push = await openPushService();
  const from = "Taskwire <taskwire@example.test>";
  const scene = await openScene({ SMTP_URL: mail.url, MAIL_FROM: from, NOTIFICATION_GATHER_SECONDS: "0" });
  const board = await scene.board();
  const { task, project, organization, owner } = board;
  const caller = scene.caller(owner);
  const ann = await insiderWith(scene, board, "editor", "Ann");
  const account = { organizationId: organization.id, name: "Importer", role: "member" as const, scopes: ["account"] };
  const { clientId: programId } = await caller.serviceAccounts.create(account);
  const address = `${programId}@service.invalid`;
  await workersFor(scene, {
    ...{ prefix: ownPrefix(), consumers: [notifyPeople, followSubjects] },
    jobs: [sendLetters, sendPushes, dispatchSoon],
  });
  const byProgram = scene.caller({ userId: programId, sessionId: programId, scopes: ["account"] });
  const openBrowser = async (who: typeof byProgram) => {
    const { publicKey } = await who.pushSubscriptions.key();
    const browser = await push.open(publicKey as string);
    await who.pushSubscriptions.create(browser.subscription);
    return browser;
  };
  const [silent, loud] = [await openBrowser(byProgram), await openBrowser(scene.caller(ann))];

  await caller.projectMembers.add({ projectId: project.id, userId: programId, role: "editor" });
  await caller.tasks.assign({ taskId: task.id, addAssigneeIds: [programId, ann.userId] });
  const names = [programId, ann.userId].map((id) => `@[you](user:${id})`);
  await caller.comments.create({ taskId: task.id, body: `Look, ${names.join(" ")}` });
  await scene.caller(null).auth.requestPasswordReset({ email: address });
  await scene.caller(null).auth.register({ email: address, name: "Nobody", password: randomUUID() });
  const elsewhere = await scene.organization();
  const invited = { organizationId: elsewhere.organization.id, role: "member" as const };
  await scene.caller(elsewhere.owner).invitations.create({ ...invited, email: address });
  await untilTold(scene);
  await dispatchDeliveries(scene.ctx(null));
  const waiting = () => scene.app.sql.query("select name, input from feed.jobs");
  await expect.poll(waiting, { timeout: 10_000 }).toEqual([]);

  const to = mail.arrived.map(({ recipient }) => recipient);
  expect(new Set(to)).toEqual(new Set([(await scene.caller(ann).auth.me({})).user.email]));
  expect(loud.received().length).toBeGreaterThan(0);
  expect(silent.received()).toEqual([]);
  for (const table of ["notifications", "deliveries"])
    expect(await scene.app.sql.query(`select from notifications.${table} where user_id = $1`, [programId])).toEqual([]);
});
