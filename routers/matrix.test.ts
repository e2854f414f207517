import { TRPCError } from "@trpc/server";
import { describe, expect } from "vitest";
import {
  type OrganizationPermission,
  type OrganizationRole,
  organizationPermissions,
  type ProjectPermission,
  type ProjectRole,
  projectPermissions,
} from "../server/domain/permissions.ts";
import { AppError } from "../server/errors.ts";
import { inputOf, type ProcedureUnderTest, procedures } from "../server/testing/procedures.ts";
import { type Scene, test } from "../server/testing/scene.ts";
import { composed } from "../server/testing/world.machines.ts";
import { buildOnlyWorld, buildWorld, plainValues, type Who, type World, whos } from "../server/testing/world.ts";

/** What a procedure must answer to whom. `passes`: the door lets in, whatever a rule then says. */
type Verdict = "passes" | "auth.required" | "access.denied" | "not-found";

/** In a private project: organization roles below admin hold nothing there, project people are guests of the organization. */
function verdicts({ access }: ProcedureUnderTest, touchesWorld: boolean, who: Who): readonly Verdict[] {
  if (access === "everybody") return ["passes", "auth.required"]; // a refresh needs its token, whoever sends it
  if (who === "signed-out") return ["auth.required"];
  if (access === "signed-in")
    return touchesWorld && who === "stranger" ? ["not-found", "passes"] : ["passes", "not-found", "access.denied"];
  if (who === "stranger") return ["not-found"];
  if (access in organizationPermissions) {
    const role = (
      who === "composed" ? "member" : ["viewer", "commenter", "editor", "manager"].includes(who) ? "guest" : who
    ) as OrganizationRole;
    const granted = (organizationPermissions[access as OrganizationPermission] as readonly OrganizationRole[]).includes(
      role,
    );
    const extra = who === "composed" && (composed.organization as readonly string[]).includes(access);
    return granted || extra ? ["passes"] : ["access.denied", "not-found"];
  }
  if (!(access in projectPermissions)) throw new Error(`No rule is called ${access}`);
  if (who === "guest" || who === "member") return ["not-found"];
  const role = who === "owner" || who === "admin" ? "manager" : who === "composed" ? "viewer" : (who as ProjectRole);
  const extra = who === "composed" && (composed.project as readonly string[]).includes(access);
  if (!extra && !(projectPermissions[access as ProjectPermission] as readonly ProjectRole[]).includes(role))
    return ["access.denied"];
  return access.endsWith("-own") ? ["passes", "access.denied"] : ["passes"];
}

async function answerOf(
  procedure: ProcedureUnderTest,
  scene: Scene,
  world: World,
  who: Who,
  input: unknown,
): Promise<Verdict> {
  try {
    await procedure.call(scene.caller(world.people[who]), input);
    return "passes";
  } catch (error) {
    const code = codeOf(error);
    if (code === "internal") throw error;
    return code === "auth.required" || code === "access.denied" || code === "not-found" ? code : "passes";
  }
}

function codeOf(error: unknown): string {
  if (error instanceof TRPCError && error.cause instanceof AppError) return error.cause.code;
  if (error instanceof TRPCError && error.code === "BAD_REQUEST") return "validation.failed";
  return "internal";
}

const allHeads = "select channel, seq from feed.heads order by channel";

describe.each(procedures.map((procedure) => [procedure.path, procedure] as const))("%s", (_, procedure) => {
  test("lets in whom its rule names, and nobody else", async ({ scene }) => {
    let world = await buildOnlyWorld(scene);
    for (const who of whos) {
      const values = plainValues(world);
      const input = procedure.input ? inputOf(procedure.input, values) : undefined;
      const touchesWorld = /[0-9a-f-]{36}/.test(JSON.stringify(input ?? null));
      const expected = verdicts(procedure, touchesWorld, who);
      const before = await scene.app.sql.query(allHeads);

      const answer = await answerOf(procedure, scene, world, who, input);

      expect(expected, `${procedure.path} as ${who} answered ${answer}`).toContain(answer);
      if (answer !== "passes")
        expect(await scene.app.sql.query(allHeads), `${procedure.path} refused ${who}, yet acted`).toEqual(before);
      else if (procedure.type === "mutation")
        world = await buildWorld(scene); // the next one finds everything in place
      else expect(await scene.app.sql.query(allHeads), `${procedure.path} is a query, yet acted`).toEqual(before);
    }
  });

  test("refuses unknown keys", async ({ scene }) => {
    if (!procedure.input) return;
    const world = await buildWorld(scene);
    const input = { ...(inputOf(procedure.input, plainValues(world)) as object), surprise: 1 };
    await expect(procedure.call(scene.caller(world.people.owner), input)).rejects.toSatisfy(
      (error) => codeOf(error) === "validation.failed",
    );
  });
});
