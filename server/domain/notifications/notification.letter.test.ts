import { expect, test } from "vitest";
import { sendLetters } from "../../../workers/email.ts";
import { dispatchSoon, followSubjects, notifyPeople } from "../../../workers/notifications.ts";
import { insiderWith } from "../../testing/discussion.ts";
import { addressesOf, openMailServer } from "../../testing/mail.ts";
import { untilTold } from "../../testing/notifications.ts";
import { openScene, ownPrefix, workersFor } from "../../testing/workers.ts";
import { dispatchDeliveries } from "./dispatch-deliveries.ts";

const inbound = { MAIL_REPLY_DOMAIN: "reply.example.test", MAIL_INBOUND_SECRET: "a secret of sixteen" };

/** Ann is told of what happens on a task, by mail. */
async function told() {
  const server = await openMailServer();
  const scene = await openScene({
    ...{ SMTP_URL: server.url, MAIL_FROM: "Taskwire <taskwire@example.test>", NOTIFICATION_GATHER_SECONDS: "0" },
    ...inbound,
  });
  await workersFor(scene, {
    prefix: ownPrefix(),
    consumers: [notifyPeople, followSubjects],
    jobs: [sendLetters, dispatchSoon],
  });
  const board = await scene.board();
  const ann = await insiderWith(scene, board, "editor", "Ann");
  const say = (body: string) => scene.caller(board.owner).comments.create({ taskId: board.task.id, body });
  const arrivals = async (count: number) => {
    await untilTold(scene);
    await expect
      .poll(
        async () => {
          await dispatchDeliveries(scene.ctx(null));
          return server.arrived.length;
        },
        { timeout: 10_000 },
      )
      .toBe(count);
    return server.arrived;
  };
  await arrivals(1); // of her new role
  server.arrived.length = 0;
  return { server, scene, ann, say, arrivals, ...board };
}

test("letters about a task are one conversation, can be answered, and switched off by one click", async () => {
  const { ann, say, task, arrivals } = await told();
  const mention = `@[Ann](user:${ann.userId})`;
  await say(
    `${mention} look: **bold** & <script>alert(1)</script>\n\n\`\`\`js\nconst a = 1 < 2;\n\`\`\`\n\n![plan](https://img.example/plan.png)`,
  );
  await arrivals(1);
  await say(`${mention} again`);
  const [first, second] = await arrivals(2);

  expect(first?.subject).toBe(`${task.key} First`);
  expect(second?.subject).toBe(first?.subject);
  expect(first?.messageId).not.toBe(second?.messageId);
  expect(first?.references).toBe(second?.references);
  expect(first?.inReplyTo).toBe(first?.references);
  expect(first?.returnPath).toMatch(/^bounce\+[a-z2-7]{24}@reply\.example\.test$/);
  expect(addressesOf(first?.replyTo)[0]).toMatch(/^reply\+[a-z2-7]+@reply\.example\.test$/);
  expect(first?.headers.get("auto-submitted")).toBe("auto-generated");
  expect(first?.headers.get("list")).toMatchObject({
    unsubscribe: { url: expect.stringContaining("/mail/unsubscribe?token=") },
    "unsubscribe-post": { name: "List-Unsubscribe=One-Click" },
  });
  const html = String(first?.html);
  expect(html).toContain("<strong>bold</strong>");
  expect(html).not.toMatch(/<script|<img|plan\.png/);
  expect(html).toContain("[plan]");
  const text = first?.text ?? "";
  expect(text).toContain("> ");
  expect(text).toContain("const a = 1 < 2;");
  expect(text.split("\n").filter((line) => line.length > 78 && !line.includes("http"))).toEqual([]);
});

test("a digest tells of all its places, and cannot be answered", async () => {
  const { scene, ann, owner, project, todo, arrivals } = await told();
  const caller = scene.caller(owner);
  await scene
    .caller(ann)
    .notificationPreferences.set({ cells: [{ event: "assigned", channel: "mail", mode: "daily" }] });
  for (const title of ["Second", "Third"]) {
    await caller.tasks.create({ projectId: project.id, title, statusId: todo.id, assigneeIds: [ann.userId] });
  }
  await untilTold(scene);
  await scene.app.sql.query("update notifications.deliveries set due_at = now() where digest");
  const [digest] = await arrivals(1);
  expect(digest?.subject).toBe("2 updates");
  expect(digest?.references).toBeUndefined();
  expect(digest?.replyTo).toBeUndefined();
  for (const title of ["Second", "Third"]) expect(digest?.text).toContain(title);
});
