import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";

const secret = "a-secret-of-sixteen";
const scene = sceneOf({ MAIL_REPLY_DOMAIN: "reply.example.test", MAIL_INBOUND_SECRET: secret });
const raw = "From: a@example.test\r\nTo: b@example.test\r\nMessage-ID: <1@example.test>\r\n\r\nHello\r\n";

const send = (headers: Record<string, string>, body: string) =>
  fetch(`${scene().url}/mail/inbound`, { method: "POST", headers, body });
const authorization = `Bearer ${secret}`;

test.for([
  ["as it is", "message/rfc822", raw],
  ["as JSON", "application/json", JSON.stringify({ raw })],
] as const)("mail is taken %s, and what came of it is answered", async ([, type, body]) => {
  const answer = await send({ authorization, "content-type": type }, body);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { outcome: "ignored", reason: "not-for-us", commentId: null },
  ]);
});

test.for([
  ["without the secret", {}, raw, 401, "auth.invalid"],
  ["with another secret", { authorization: "Bearer nothing" }, raw, 401, "auth.invalid"],
  ["without a mail", { authorization, "content-type": "application/json" }, "{}", 400, "validation.failed"],
  ["as a form", { authorization, "content-type": "text/plain" }, raw, 400, "validation.failed"],
] as const)("a call %s is refused", async ([, headers, body, status, error]) => {
  const answer = await send({ "content-type": "message/rfc822", ...headers }, body);
  expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ error })]);
});
