import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { keepTokens, type Tokens } from "./keep-tokens.ts";

const jwt = (name: string, lifeSeconds: number) => {
  const iat = Math.floor(Date.now() / 1000);
  return `head.${btoa(JSON.stringify({ name, iat, exp: iat + lifeSeconds }))}.signature`;
};
const next = jwt("next", 600);

/** A server that exchanges refresh tokens, unless it is told to hang up or refuse. */
async function buildSession(access: string, answers: ("pair" | "hang up" | "auth.reused")[] = []) {
  const received: { refreshToken: string; mutationId: string }[] = [];
  const http = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    received.push(JSON.parse(body));
    const answer = answers.shift() ?? "pair";
    if (answer === "hang up") return void request.socket.destroy();
    const data = { accessToken: next, refreshToken: "refresh-2" };
    const error = { code: -32001, message: answer, data: { error: answer, message: answer, details: {} } };
    response.writeHead(answer === "pair" ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(answer === "pair" ? { result: { data } } : { error }));
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void http.close());
  const kept: (Tokens | null)[] = [];
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  const getToken = keepTokens({
    url,
    tokens: { access, refresh: "refresh-1" },
    onChange: (tokens) => kept.push(tokens),
  });
  return { getToken, received, kept };
}

test("the access token is used while it lasts", async () => {
  const access = jwt("first", 600);
  const { getToken, received } = await buildSession(access);

  expect(await getToken({ fresh: false })).toBe(access);
  expect(received).toEqual([]);
});

test("a token that was refused, or is over, is exchanged once for all who ask", async () => {
  const { getToken, received, kept } = await buildSession(jwt("first", 600));

  expect(await Promise.all([getToken({ fresh: true }), getToken({ fresh: false }), getToken({ fresh: true })])).toEqual(
    [next, next, next],
  );
  expect(await getToken({ fresh: true })).toBe(next); // asked for with the old one in mind

  expect(received).toMatchObject([{ refreshToken: "refresh-1" }]);
  expect(kept).toEqual([{ access: next, refresh: "refresh-2" }]);
});

test("an exchange whose answer was lost is asked for again, as the same", async () => {
  const { getToken, received } = await buildSession(jwt("first", 600), ["hang up"]);

  await expect(getToken({ fresh: true })).rejects.toMatchObject({ error: "network" });
  expect(await getToken({ fresh: true })).toBe(next);

  expect(received[1]).toEqual(received[0]);
});

test("a refused exchange is the end of the session", async () => {
  const { getToken, kept } = await buildSession(jwt("first", 600), ["auth.reused"]);

  expect(await getToken({ fresh: true })).toBeNull();
  expect(await getToken({ fresh: false })).toBeNull();
  expect(kept).toEqual([null]);
});
