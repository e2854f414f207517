import { expect, onTestFinished } from "vitest";
import { openApp } from "../server/open-app.ts";
import { inputOf, procedures, type Values } from "../server/testing/procedures.ts";
import { Scene, test } from "../server/testing/scene.ts";
import { buildWorld, fullValues, plainValues } from "../server/testing/world.ts";

/** The same database, by connections that PostgreSQL lets read only. */
async function readOnlyScene({ app }: Scene): Promise<Scene> {
  const name = new URL(app.config.DATABASE_URL as string).pathname.slice(1);
  await app.sql.query(`alter database "${name}" set default_transaction_read_only = on`);
  const opened = await openApp(app.config, app.config.DATABASE_URL as string);
  onTestFinished(() => opened.close());
  return new Scene(opened.app);
}

test("no query writes", async ({ scene }) => {
  const world = await buildWorld(scene);
  const { owner } = world.people;
  const invitation = await scene.caller(owner).invitations.create({
    organizationId: world.ids["organization"]?.[0] as string,
    email: "invited@example.test",
    role: "member",
  });
  const { token } = await scene.caller(owner).invitations.link({ invitationId: invitation.id });
  const plain = plainValues(world);
  const text = (field: string) => (field === "token" ? token : plain.text(field));
  const id = (field: string) => (field === "invitationId" ? invitation.id : plain.id(field));
  const few: Values = { ...plain, text, id };
  const full: Values = { ...fullValues(world), text, id };
  const reader = await readOnlyScene(scene);
  await expect(reader.app.sql.query("insert into feed.heads values ('user:x', 1)")).rejects.toMatchObject({
    code: "25006",
  });

  for (const procedure of procedures.filter(({ type }) => type === "query")) {
    const answers = [];
    for (const values of [few, full]) {
      const input = procedure.input ? inputOf(procedure.input, values) : undefined;
      answers.push(
        await procedure.call(reader.caller(owner), input).then(
          () => "answered",
          (error) => error.cause?.code ?? error.code,
        ),
      );
    }
    expect(answers, procedure.path).toContain("answered");
    expect(answers, procedure.path).not.toContain("internal");
  }
});
