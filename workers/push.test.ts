import { expect, test } from "vitest";
import { notificationIdsOf, pushedScene } from "../server/testing/pushed.ts";
import { listDeadLetters } from "./engine/dead-letters.ts";

test("every device of a person gets the message, encrypted and small", async () => {
  const { service, ann, openBrowser, assign, untilIdle, deliveries, title } = await pushedScene(
    "長い名前 & <b>".repeat(40),
  );
  const browsers = [await openBrowser(), await openBrowser()];
  await assign();
  await untilIdle();
  for (const browser of browsers) {
    expect(browser.received()).toEqual([
      {
        title: expect.stringContaining("長い名前"),
        body: expect.stringMatching(/assigned you$/),
        url: expect.stringContaining("/tasks/"),
        tag: expect.stringMatching(/^task:/),
        deliveryId: expect.any(String),
        notificationIds: await notificationIdsOf(ann),
      },
    ]);
    expect(Buffer.byteLength(JSON.stringify(browser.received()[0]))).toBeLessThanOrEqual(3_072);
    expect(String(browser.received()[0]?.["title"]).length).toBeLessThan(title.length);
  }
  expect(service.taken).toHaveLength(2);
  for (const { sizeBytes, topic, ttl } of service.taken) {
    expect(sizeBytes).toBeLessThanOrEqual(4_096);
    expect(topic).toMatch(/^[\w-]{32}$/);
    expect(Number(ttl)).toBeGreaterThan(0);
  }
  expect(await deliveries()).toEqual([{ state: "sent", detail: "2 of 2 devices" }]);
});

test.for([404, 410])("a device whose service answers %i is forgotten, lawfully; others are told", async (status) => {
  const { scene, ann, openBrowser, assign, untilIdle, deliveries } = await pushedScene();
  const [gone, stays] = [await openBrowser(), await openBrowser()];
  gone.refuse = status;
  await scene.expectLaw([[`user:${ann.userId}`, ann]], async () => {
    await assign();
    await untilIdle();
  });
  expect((await scene.caller(ann).pushSubscriptions.list()).items).toHaveLength(1);
  expect(stays.received()).toHaveLength(1);
  expect(await deliveries()).toEqual([{ state: "sent", detail: "1 of 2 devices" }]);
});

test.for([429, 500, 503])(
  "a service that answers %i is asked again; who has the message does not get it twice",
  async (status) => {
    const { openBrowser, assign, untilIdle, untilFailed } = await pushedScene();
    const [busy, ready] = [await openBrowser(), await openBrowser()];
    busy.refuse = status;
    await assign();
    await untilFailed();
    busy.refuse = null;
    await untilIdle();
    expect([busy.received().length, ready.received().length]).toEqual([1, 1]);
  },
);

test("a message that every service refuses is given up", async () => {
  const { scene, openBrowser, assign, untilIdle, deliveries } = await pushedScene();
  (await openBrowser()).refuse = 413;
  await assign();
  await untilIdle();
  expect(await listDeadLetters(scene.app.sql, "push.send", 10)).toMatchObject([{ attempts: 1 }]);
  expect(await deliveries()).toMatchObject([{ state: "failed" }]);
});

test("who read it meanwhile is not told on their devices", async () => {
  const { scene, ann, openBrowser, assign, untilIdle, deliveries } = await pushedScene();
  const browser = await openBrowser();
  await assign({ before: () => scene.caller(ann).notifications.readAll({}) });
  await untilIdle();
  expect(await deliveries()).toMatchObject([{ state: "skipped" }]);
  expect(browser.received()).toEqual([]);
});

test("a device that somebody signed out on gets nothing, and is forgotten", async () => {
  const { scene, ann, openBrowser, assign, untilIdle, forgetting } = await pushedScene();
  const browser = await openBrowser();
  const other = await openBrowser(await scene.person());
  await forgetting();
  await scene.caller(ann).auth.signOut({});
  await expect
    .poll(() => scene.app.sql.query("select from notifications.push_subscriptions"), { timeout: 5_000 })
    .toHaveLength(1);
  await assign();
  await untilIdle();
  expect([browser.received(), other.received()]).toEqual([[], []]);
});
