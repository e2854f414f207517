import { expect } from "vitest";
import { discussion, insiderWith } from "../../testing/discussion.ts";
import { refusal, test } from "../../testing/scene.ts";

test("other words replace a comment's, and the earlier ones are its history", async ({ scene }) => {
  const { owner, caller, task, comment } = await discussion(scene, "First");
  const input = { commentId: comment.id, body: "Second", version: comment.version };

  const second = await scene.expectLaw([[`task:${task.id}`, owner]], () => caller.comments.update(input));
  await caller.comments.update({ commentId: comment.id, body: "Third" });

  expect(second).toMatchObject({ html: "<p>Second</p>", editedAt: expect.any(String), version: 2 });
  await expect(caller.comments.update(input)).rejects.toMatchObject(refusal("stale"));
  const { items } = await caller.comments.history({ commentId: comment.id });
  expect(items).toMatchObject([
    { from: "Second", to: "Third" },
    { from: "First", to: "Second" },
  ]);
  const first = await caller.comments.history({ commentId: comment.id, limit: 1 });
  const rest = await caller.comments.history({ commentId: comment.id, cursor: first.nextCursor as string });
  expect([...first.items, ...rest.items]).toEqual(items);
});

test("the same words change nothing", async ({ scene }) => {
  const { caller, task, comment } = await discussion(scene);
  const head = await scene.head(`task:${task.id}`);
  expect(await caller.comments.update({ commentId: comment.id, body: comment.body })).toEqual(comment);
  expect(await scene.head(`task:${task.id}`)).toBe(head);
});

test("of many edits that saw the same version one wins", async ({ scene }) => {
  const { caller, comment } = await discussion(scene);
  const edits = await Promise.allSettled(
    ["a", "b", "c", "d"].map((body) => caller.comments.update({ commentId: comment.id, body, version: 1 })),
  );
  expect(edits.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await caller.comments.get({ commentId: comment.id })).toMatchObject({ version: 2 });
});

test.for([
  ["viewer", "access.denied"],
  ["commenter", "access.denied"],
  ["manager", "access.denied"],
  ["stranger", "not-found"],
  ["signed-out", "auth.required"],
] as const)("somebody else's words: a %s gets %s", async ([who, code], { scene }) => {
  const { project, caller, comment } = await discussion(scene);
  const other = await scene.as(who, project);
  await expect(other.comments.update({ commentId: comment.id, body: "Mine" })).rejects.toMatchObject(refusal(code));
  expect(await caller.comments.get({ commentId: comment.id })).toEqual(comment);
});

const lost = "0199a3b2-0000-7000-8000-000000000001";

test("people, teams and watchers who can read it are named, and told once", async ({ scene }) => {
  const { owner, project, organization, task, caller } = await discussion(scene);
  const [ann, ben, guest] = [
    await insiderWith(scene, { owner, project }, "viewer", "Ann <b>"),
    await insiderWith(scene, { owner, project }, "viewer"),
    await scene.personWith("viewer", project),
  ];
  const outsider = await scene.join(organization.id, await scene.person(), "member");
  const elsewhere = (await scene.organization()).owner;
  const team = await caller.teams.create({ organizationId: organization.id, name: "Red" });
  for (const { userId } of [ben, outsider]) await caller.teams.addMember({ teamId: team.id, userId });
  await scene.caller(guest).watches.create({ taskId: task.id });
  const channels = [ann, ben, guest, owner].map((actor) => [`user:${actor.userId}`, actor] as const);
  const toldTo = async (userId: string) =>
    (await scene.changes(`user:${userId}`)).filter(({ entity }) => entity === "mention").map(({ type }) => type);

  const comment = await scene.expectLaw(channels, () =>
    caller.comments.create({
      taskId: task.id,
      body: `@[Boss](user:${ann.userId}) @[x](user:${outsider.userId}) @[y](user:${elsewhere.userId}) @[z](user:${lost}) \`@watchers\``,
    }),
  );
  expect(comment.mentionedUserIds).toEqual([ann.userId]);
  expect(comment.html).toBe(
    `<p><span class="mention" data-kind="user" data-id="${ann.userId}">@Ann &lt;b&gt;</span> @x @y @z <code>@watchers</code></p>`,
  );
  expect(await scene.changes(`user:${ann.userId}`)).toContainEqual(
    expect.objectContaining({
      type: "comment.mentioned",
      patch: expect.objectContaining({ commentId: comment.id, taskId: task.id, userId: ann.userId }),
    }),
  );

  const edited = await scene.expectLaw(channels, () =>
    caller.comments.update({
      commentId: comment.id,
      body: `@[Ann](user:${ann.userId}) @[reds](team:${team.id}) @watchers @[me](user:${owner.userId})`,
    }),
  );
  expect(edited.mentionedUserIds.toSorted()).toEqual([ann, ben, guest].map(({ userId }) => userId).toSorted());
  expect(edited.html).toContain(`<span class="mention" data-kind="team" data-id="${team.id}">@Red</span>`);
  await caller.comments.update({ commentId: comment.id, body: "Nobody" });
  await caller.comments.update({ commentId: comment.id, body: "@watchers" });
  for (const { userId } of [ann, ben, guest]) expect(await toldTo(userId)).toEqual(["comment.mentioned"]);
  for (const { userId } of [owner, outsider, elsewhere]) expect(await toldTo(userId)).toEqual([]);
});

test("nobody is named where they cannot read, and guests name no teams they cannot see", async ({ scene }) => {
  const { owner, project, organization, task, caller } = await discussion(scene);
  const guest = await scene.personWith("commenter", project);
  const ben = await insiderWith(scene, { owner, project }, "viewer");
  const team = await caller.teams.create({ organizationId: organization.id, name: "Blue" });
  await caller.teams.addMember({ teamId: team.id, userId: ben.userId });
  const body = `@[a](user:${guest.userId}) @[b](user:${ben.userId})`;
  expect(await caller.comments.create({ taskId: task.id, body, internal: true })).toMatchObject({
    mentionedUserIds: [ben.userId],
  });
  const toTeam = { taskId: task.id, body: `@[blue](team:${team.id})` };
  expect(await scene.caller(guest).comments.create(toTeam)).toMatchObject({
    mentionedUserIds: [],
    html: "<p>@blue</p>",
  });
  await caller.projectMembers.add({ projectId: project.id, teamId: team.id, role: "viewer" });
  expect(await scene.caller(guest).comments.create(toTeam)).toMatchObject({ mentionedUserIds: [ben.userId] });
});
