import sharp from "sharp";
import { expect, test } from "vitest";
import type { UserView } from "../domain/auth/auth.view.ts";
import { collectBytes } from "../domain/files/collect-bytes.ts";
import { describeStores } from "../testing/files.ts";

const picture = (width = 900, height = 300, format: "png" | "jpeg" = "png") =>
  sharp({ create: { width, height, channels: 3, background: "#336699" } })
    .withExif({ IFD0: { Copyright: "secret place" } })
    .toFormat(format)
    .toBuffer();

describeStores("avatars", (scene) => {
  const put = (actor: Parameters<ReturnType<typeof scene>["fetch"]>[0], body: Uint8Array | string) =>
    scene().fetch(actor, "/avatars/me", { method: "PUT", body: body as NonNullable<RequestInit["body"]> });

  test("a picture is drawn anew, shows wherever one is seen, and is served as nothing but a picture", async () => {
    const { organization, owner } = await scene().organization();
    const person = await scene().join(organization.id, await scene().person(), "member");
    const user = await scene().expectLaw(
      [
        [`user:${person.userId}`, person],
        [`organization:${organization.id}`, owner],
      ],
      async () => (await (await put(person, await picture())).json()) as UserView,
    );

    expect(user.avatarId).toEqual(expect.any(String));
    const { items } = await scene().caller(owner).members.list({ organizationId: organization.id });
    expect(items.find(({ userId }) => userId === person.userId)).toMatchObject({ avatarId: user.avatarId });
    const shown = await scene().fetch(null, `/avatars/${user.avatarId}`);
    expect(shown.status).toBe(200);
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      "content-type": "image/webp",
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringContaining("sandbox"),
    });
    const bytes = Buffer.from(await shown.arrayBuffer());
    const { exif, width, height } = await sharp(bytes).metadata();
    expect({ exif, width, height }).toEqual({ exif: undefined, width: 512, height: 512 });
  });

  test("the one before is gone, and so is one that is taken away", async () => {
    const person = await scene().person();
    const first = (await (await put(person, await picture())).json()) as UserView;
    const second = (await (await put(person, await picture(300, 300, "jpeg"))).json()) as UserView;
    expect((await scene().fetch(null, `/avatars/${first.avatarId}`)).status).toBe(404);
    const channel = `user:${person.userId}` as const;
    const none = await scene().expectLaw([[channel, person]], () => scene().caller(person).users.removeAvatar({}));
    expect(none.avatarId).toBeNull();
    expect(await scene().caller(person).users.removeAvatar({})).toEqual(none);

    await collectBytes(scene().ctx(null));
    for (const { avatarId } of [first, second]) {
      expect(await scene().app.store.sizeOf(`avatars/${avatarId}`)).toBeNull();
      expect((await scene().fetch(null, `/avatars/${avatarId}`)).status).toBe(404);
    }
  });

  test.for([
    ["a text", 400, "validation.failed", "hello"],
    ["a drawing that could run something", 400, "validation.failed", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ["a picture that breaks off", 400, "validation.failed", new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0])],
    ["more than 5 MiB", 413, "too-large", new Uint8Array(5 * 1024 * 1024 + 1)],
  ] as const)("%s is none", async ([, status, error, body]) => {
    const response = await put(await scene().person(), body);
    expect([response.status, await response.json()]).toMatchObject([status, { error }]);
  });

  test("nobody has none, and an id that is none shows nothing", async () => {
    expect((await put(null, await picture())).status).toBe(401);
    expect((await scene().fetch(null, "/avatars/me")).status).toBe(404);
    expect((await scene().fetch(null, `/avatars/${crypto.randomUUID()}`)).status).toBe(404);
  });
});
