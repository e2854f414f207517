import { expect } from "vitest";
import { insiderWith } from "../../testing/discussion.ts";
import { type Scene, test } from "../../testing/scene.ts";
import { buildNotifications } from "../../testing/world.notifications.ts";
import { inTransaction } from "../../transaction.ts";
import { tellPeople } from "./tell-people.ts";

/** Somebody who holds one of everything: about a task, about its project, about the organization. */
async function holder(scene: Scene) {
  const board = await scene.board();
  const { task, project, organization, owner } = board;
  const ann = await insiderWith(scene, board, "editor");
  const caller = scene.caller(ann);
  await buildNotifications(scene, task, [ann, ann]);
  const [archived] = (await buildNotifications(scene, task, [ann])) as [string];
  await caller.notifications.archive({ notificationId: archived });
  await caller.notifications.muteTask({ taskId: task.id });
  await caller.watchLevels.set({ projectId: project.id, level: "all" });
  const cells = [{ event: "commented", channel: "mail", mode: "off" } as const];
  for (const scope of [{}, { organizationId: organization.id }, { projectId: project.id }])
    await caller.notificationPreferences.set({ ...scope, cells });
  const held = async () => {
    const copy = (await scene.snapshot(ann, `user:${ann.userId}`)).toJSON() as { entities: Record<string, object> };
    const kinds = ["notification", "notificationPreference", "notificationSettings", "watchLevel", "taskMute"];
    return kinds.flatMap((kind) => {
      const count = Object.keys(copy.entities[kind] ?? {}).length;
      return count > 0 ? [`${count} ${kind}`] : [];
    });
  };
  expect(await held()).toEqual([
    "2 notification",
    "2 notificationPreference",
    "1 notificationSettings",
    "1 watchLevel",
    "1 taskMute",
  ]);
  const rows = () =>
    scene.app.sql.query<{ n: number }>(
      "select count(*)::int as n from notifications.notifications where user_id = $1",
      [ann.userId],
    );
  return { ...board, ann, owner: scene.caller(owner), held, rows, own: [[`user:${ann.userId}`, ann]] as const };
}
type Holder = Awaited<ReturnType<typeof holder>>;

const everywhere = ["1 notificationSettings"];
const inOrganization = ["1 notificationPreference", ...everywhere];

const ends: [string, readonly string[], (holder: Holder) => Promise<unknown>][] = [
  [
    "their task is deleted for ever",
    ["2 notificationPreference", "1 notificationSettings", "1 watchLevel"],
    async ({ owner, task }) => {
      await owner.tasks.delete({ taskId: task.id });
      await owner.tasks.purge({ taskId: task.id });
    },
  ],
  [
    "their project is deleted",
    inOrganization,
    ({ owner, project }) => owner.projects.delete({ projectId: project.id }),
  ],
  [
    "they lose their role in the project",
    inOrganization,
    async ({ owner, project, ann }) => {
      const { items } = await owner.projectMembers.list({ projectId: project.id });
      const given = items.find(({ userId }) => userId === ann.userId);
      await owner.projectMembers.remove({ projectMemberId: given?.id as string });
    },
  ],
  [
    "they leave the organization",
    everywhere,
    ({ owner, organization, ann }) => owner.members.remove({ organizationId: organization.id, userId: ann.userId }),
  ],
  [
    "the organization is deleted",
    everywhere,
    ({ owner, organization }) =>
      owner.organizations.delete({ organizationId: organization.id, confirm: organization.slug }),
  ],
];

test.for(ends)("when %s, people hold nothing of it any more", async ([, left, end], { scene }) => {
  const given = await holder(scene);
  await scene.expectLaw(given.own, () => end(given));
  expect(await given.held()).toEqual(left);
  expect(await given.rows()).toEqual([{ n: 0 }]); // nor in the archive
});

test("telling and losing access, at once, leave nobody with what they may not see", async ({ scene }) => {
  const { owner, project, organization, task, ann, own } = await holder(scene);
  const { items } = await owner.projectMembers.list({ projectId: project.id });
  const given = items.find(({ userId }) => userId === ann.userId);
  const tell = (id: string) =>
    inTransaction(scene.ctx(null), (ctx) =>
      tellPeople(ctx, {
        subject: { id, taskId: task.id },
        actorId: null,
        ways: [{ event: "assigned", to: "named", people: () => [ann.userId] }],
        change: null,
      }),
    );
  const many = () => Array.from({ length: 10 }, () => tell(crypto.randomUUID()));
  await scene.expectLaw(own, () =>
    Promise.all([...many(), owner.projectMembers.remove({ projectMemberId: given?.id as string }), ...many()]),
  );
  const about = (await scene.caller(ann).notifications.list({ projectId: project.id })).items;
  expect(about).toEqual([]);
  await Promise.all([
    ...many(),
    owner.organizations.delete({ organizationId: organization.id, confirm: organization.slug }),
  ]);
  expect((await scene.caller(ann).notifications.list({})).items).toEqual([]);
});
