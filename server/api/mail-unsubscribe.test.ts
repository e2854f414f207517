import { expect, test } from "vitest";
import type { Actor } from "../context.ts";
import type { NotificationEvent } from "../domain/notifications/event.matrix.ts";
import { unsubscribeUrl } from "../domain/notifications/unsubscribe.ts";
import { sceneOf } from "../testing/files.ts";

const scene = sceneOf();

/** Somebody who was sent a letter of `events`, and its link. */
async function sent(events: NotificationEvent[] = ["commented", "replied"]) {
  const { owner, project, organization } = await scene().board();
  const person = await scene().personWith("editor", project);
  const { id: projectId } = project;
  const items = events.map((event) => ({ event }));
  const delivery = { userId: person.userId, organizationId: organization.id, projectId, items };
  const url = await unsubscribeUrl(scene().ctx(null), delivery);
  const modes = (whose: Actor) => mailModes(whose, projectId);
  return { owner, person, projectId, url, modes };
}
async function mailModes(whose: Actor, projectId: string) {
  const { matrix } = await scene().caller(whose).notificationPreferences.get({ projectId });
  return Object.fromEntries(matrix.map(({ event, channels }) => [event, channels.mail.mode]));
}

/** As a mail program does it on its own: without cookies and headers of a browser (RFC 8058 §3.2). */
const oneClick = (url: string) =>
  fetch(url, { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }), redirect: "manual" });

test("one click switches off mail of these kinds in this project, for this person, once", async () => {
  const { owner, person, url, modes } = await sent();
  const before = await modes(person);
  const others = await modes(owner);

  const answer = await scene().expectLaw([[`user:${person.userId}`, person]], () => oneClick(url));

  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("Switched off");
  const after = { ...before, commented: "off", replied: "off" };
  expect(before).not.toEqual(after);
  expect(await modes(person)).toEqual(after);
  expect(await modes(owner)).toEqual(others);
  const head = await scene().head(`user:${person.userId}`);
  expect((await oneClick(url)).status).toBe(200); // mail programs repeat
  expect(await scene().head(`user:${person.userId}`)).toBe(head);
});

test("opening the link asks, and changes nothing: programs that look for harm open it, too", async () => {
  const { person, url, modes } = await sent();
  const before = await modes(person);
  for (const method of ["GET", "HEAD"]) {
    const answer = await fetch(url, { method });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    if (method === "GET") expect(await answer.text()).toMatch(/A comment on a task you follow.*<form method="post">/s);
  }
  expect(await modes(person)).toEqual(before);
});

test.for<[string, (url: string) => string]>([
  ["without a token", (url) => url.replace(/\?.*/, "")],
  ["with two tokens", (url) => `${url}&token=x`],
  ["with what is no token", (url) => url.replace(/token=.*/, "token=hello")],
  [
    "that was made out to somebody else",
    (url) => {
      const [head, words = "", mark] = (new URL(url).searchParams.get("token") ?? "").split(".");
      const said = JSON.parse(Buffer.from(words, "base64url").toString());
      const forged = Buffer.from(JSON.stringify({ ...said, userId: crypto.randomUUID() })).toString("base64url");
      return url.replace(/token=.*/, `token=${[head, forged, mark].join(".")}`);
    },
  ],
])("a link %s is refused, and changes nothing", async ([, spoil]) => {
  const { person, url, modes } = await sent();
  const before = await modes(person);
  for (const answer of [await oneClick(spoil(url)), await fetch(spoil(url))]) {
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("This did not work");
  }
  expect(await modes(person)).toEqual(before);
});

test("who is no longer there is told the same, and nothing is kept for them", async () => {
  const { owner, person, projectId, url } = await sent();
  const { items } = await scene().caller(owner).projectMembers.list({ projectId });
  const grant = items.find(({ userId }) => userId === person.userId);
  await scene()
    .caller(owner)
    .projectMembers.remove({ projectMemberId: grant?.id as string });
  expect((await oneClick(url)).status).toBe(200);
  const kept = await scene().app.sql.query("select from notifications.preferences where user_id = $1", [person.userId]);
  expect(kept).toEqual([]);
});
