import { expect, test } from "vitest";
import { openMailServer } from "../server/testing/mail.ts";
import { openScene, ownPrefix, workersFor } from "../server/testing/workers.ts";
import { sendLetters } from "./email.ts";

test("a new account's letter arrives, its link proves the address, and a second registration is told of", async () => {
  const server = await openMailServer();
  const scene = await openScene({ SMTP_URL: server.url, MAIL_FROM: "Taskwire <taskwire@example.test>" });
  const anybody = scene.caller(null).auth;
  const registration = { email: "ada@example.test", name: "Cheap pills", password: "correct horse battery" };
  await workersFor(scene, { prefix: ownPrefix(), jobs: [sendLetters] });

  await anybody.register(registration);
  await expect.poll(() => server.arrived.length, { timeout: 10_000 }).toBe(1);
  const [confirm] = server.arrived;
  expect(confirm).toMatchObject({ recipient: registration.email, subject: "Confirm your address" });
  const link = /\S+\/verify-email#token=(twm_[\w-]{43})/.exec(confirm?.text ?? "");
  expect(String(confirm?.html)).toContain(link?.[0]);
  expect(confirm?.raw.toString()).not.toContain(registration.name); // not before the address is proved
  expect(await anybody.verifyEmail({ token: link?.[1] ?? "" })).toEqual({ email: registration.email });

  await anybody.register(registration);
  await expect.poll(() => server.arrived.length, { timeout: 10_000 }).toBe(2);
  expect(server.arrived[1]).toMatchObject({ recipient: registration.email, subject: "You have an account already" });
});
