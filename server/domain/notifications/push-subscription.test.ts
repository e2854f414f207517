import { expect } from "vitest";
import { readConfig } from "../../config.ts";
import { deviceKeys } from "../../testing/push.ts";
import { refusal, Scene, test } from "../../testing/scene.ts";

const endpointOf = (id: string) => `https://push.example.test/${id}`;
const subscription = (endpoint = endpointOf(crypto.randomUUID())) => ({ endpoint, keys: deviceKeys() });

test("a device is told of on the person's channel, without what would let others write to it", async ({ scene }) => {
  const ann = await scene.person();
  const { pushSubscriptions } = scene.caller(ann);
  const given = subscription();
  const made = await scene.expectLaw([[`user:${ann.userId}`, ann]], () => pushSubscriptions.create(given));
  expect(made).toMatchObject({ userId: ann.userId, kind: "web", service: "push.example.test", userAgent: "vitest" });
  expect(await pushSubscriptions.list()).toEqual({ items: [made] });
  const changes = await scene.changes(`user:${ann.userId}`);
  expect(changes).toMatchObject([{ type: "push-subscription.created", entityId: made.id, patch: made }]);
  for (const secret of [given.endpoint, given.keys.auth]) expect(JSON.stringify(changes)).not.toContain(secret);

  const again = await scene.expectLaw([[`user:${ann.userId}`, ann]], () => pushSubscriptions.create(given));
  expect(again).toEqual(made);
  expect(await scene.changes(`user:${ann.userId}`)).toHaveLength(1);

  await scene.expectLaw([[`user:${ann.userId}`, ann]], () => pushSubscriptions.delete({ subscriptionId: made.id }));
  expect(await pushSubscriptions.list()).toEqual({ items: [] });
  await expect(pushSubscriptions.delete({ subscriptionId: made.id })).rejects.toMatchObject(refusal("not-found"));
});

test("a device belongs to who signed in on it last", async ({ scene }) => {
  const [ann, bob] = [await scene.person(), await scene.person()];
  const given = subscription();
  await scene.caller(ann).pushSubscriptions.create(given);
  const channels = [
    [`user:${ann.userId}`, ann],
    [`user:${bob.userId}`, bob],
  ] as const;
  const taken = await scene.expectLaw(channels, () => scene.caller(bob).pushSubscriptions.create(given));
  expect(taken.userId).toBe(bob.userId);
  expect(await scene.caller(ann).pushSubscriptions.list()).toEqual({ items: [] });
  const mine = { subscriptionId: taken.id };
  await expect(scene.caller(ann).pushSubscriptions.delete(mine)).rejects.toMatchObject(refusal("not-found"));
});

test("the device that was there longest makes room for the twenty-first", async ({ scene }) => {
  const ann = await scene.person();
  const { pushSubscriptions } = scene.caller(ann);
  const first = await pushSubscriptions.create(subscription());
  for (let n = 1; n < 20; n += 1) await pushSubscriptions.create(subscription());
  expect((await pushSubscriptions.list()).items).toHaveLength(20);
  await scene.expectLaw([[`user:${ann.userId}`, ann]], () => pushSubscriptions.create(subscription()));
  const { items } = await pushSubscriptions.list();
  expect(items).toHaveLength(20);
  expect(items.map(({ id }) => id)).not.toContain(first.id);
});

test.for([
  [
    "a key that is no point on the curve",
    { keys: { ...deviceKeys(), p256dh: Buffer.alloc(65, 4).toString("base64url") } },
  ],
  ["a compressed key", { keys: { ...deviceKeys(), p256dh: Buffer.alloc(33, 2).toString("base64url") } }],
  ["a short secret", { keys: { ...deviceKeys(), auth: "c2hvcnQ" } }],
  ["an address of another kind", { endpoint: "ftp://push.example.test/x" }],
  ["a password in the address", { endpoint: "https://a:b@push.example.test/x" }],
] as [string, object][])("%s is refused", async ([, wrong], { scene }) => {
  const call = scene.caller(await scene.person()).pushSubscriptions.create({ ...subscription(), ...wrong });
  await expect(call).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test.for([
  "http://push.example.com/x",
  "https://localhost/x",
  "https://127.0.0.1/x",
  "https://[::1]/x",
  "https://10.0.0.8:9200/x",
  "https://169.254.169.254/latest/meta-data",
  "https://[::ffff:192.168.0.1]/x",
  "https://[fd00::1]/x",
  "https://2130706433/x",
  "https://intranet/x",
  "https://db.internal/x",
])("production does not let %s be called", async (endpoint, { scene }) => {
  const live = new Scene({ ...scene.app, config: { ...scene.app.config, NODE_ENV: "production" } });
  const call = live.caller(await scene.person()).pushSubscriptions.create(subscription(endpoint));
  await expect(call).rejects.toMatchObject(refusal("validation.failed"));
});

test("where push is not configured, nobody is promised it", async ({ scene }) => {
  const without = new Scene({ ...scene.app, vapid: null });
  const { pushSubscriptions } = without.caller(await scene.person());
  expect(await pushSubscriptions.key()).toEqual({ publicKey: null });
  await expect(pushSubscriptions.create(subscription())).rejects.toMatchObject(refusal("rule.broken"));
  expect(() => readConfig({ VAPID_PUBLIC_KEY: "key" })).toThrow("VAPID_PRIVATE_KEY: required with VAPID_PUBLIC_KEY");
});
