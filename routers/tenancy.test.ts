import { expect } from "vitest";
import { inputOf, type JsonSchema, procedures, type Values } from "../server/testing/procedures.ts";
import { type Scene, test } from "../server/testing/scene.ts";
import { buildOnlyWorld, buildWorld, fullValues, type World } from "../server/testing/world.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const namedIn = (value: unknown): string[] => JSON.stringify(value ?? null).match(uuid) ?? [];

type Path = readonly (string | number)[];

/** Where in an input ids and channels stand. */
function idPlaces(value: unknown, at: Path = []): Path[] {
  if (typeof value === "string") return namedIn(value).length > 0 ? [at] : [];
  return Object.entries(value ?? {}).flatMap(([key, inner]) => idPlaces(inner, [...at, key]));
}

const valueAt = (value: unknown, path: Path) =>
  path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], value);

/** `own`, but with what stands at one place in `foreign`. */
function mixed(own: unknown, foreign: unknown, path: Path): unknown {
  const input = structuredClone(own);
  (valueAt(input, path.slice(0, -1)) as Record<string | number, unknown>)[path.at(-1) as string] = valueAt(
    foreign,
    path,
  );
  return input;
}

/** Everything of a world that another organization must not meet. */
const idsOf = (world: World) => new Set([...Object.values(world.ids), ...world.channels.map(namedIn)].flat());

type Row = { channel: string; seq: number };
const feedOf = (scene: Scene) =>
  scene.app.sql.query<Row>("select channel, seq, entity_id, patch from feed.changes order by channel, seq");
const keyOf = ({ channel, seq }: Row) => `${channel} ${seq}`;

/** Inputs take either of these, never both. */
const eitherOr: Record<string, readonly string[]> = {
  "projects.create": ["templateId", "builtIn"],
  "projectMembers.add": ["userId", "teamId"],
};

function inputs(path: string, schema: JsonSchema, values: Values): unknown[] {
  const input = inputOf(schema, values) as Record<string, unknown>;
  const either = eitherOr[path];
  if (!either) return [input];
  return either.map((chosen) =>
    Object.fromEntries(Object.entries(input).filter(([key]) => key === chosen || !either.includes(key))),
  );
}

test.for(procedures.map((procedure) => [procedure.path, procedure] as const))(
  "%s has no use for an id of another organization beside one's own",
  async ([path, procedure], { scene }) => {
    if (!procedure.input) return;
    const schema = procedure.input;
    const inputsIn = (world: World) => inputs(path, schema, fullValues(world));
    let own = await buildOnlyWorld(scene);
    const other = await buildWorld(scene);
    const theirs = idsOf(other);
    const places = inputsIn(own).flatMap((input, nth) => idPlaces(input).map((at) => [nth, at] as const));
    for (const [nth, at] of places) {
      const foreign = inputsIn(other)[nth];
      const input = mixed(inputsIn(own)[nth], foreign, at);
      const what = `${path} with a foreign ${at.join(".")}`;
      const told = namedIn(valueAt(foreign, at));
      const before = await feedOf(scene);
      const known = new Set(before.map(keyOf));

      const outcome = await procedure.call(scene.caller(own.people.owner), input).then(
        (answer) => ({ answer }),
        (error) => ({ code: (error.cause?.code ?? error.code) as string }),
      );

      const written = (await feedOf(scene)).filter((row) => !known.has(keyOf(row)));
      expect(
        namedIn(written).filter((id) => theirs.has(id)),
        `${what} wrote of it`,
      ).toEqual([]);
      if ("answer" in outcome) {
        const learnt = namedIn(outcome.answer).filter((id) => theirs.has(id) && !told.includes(id));
        expect(learnt, `${what} answered of it`).toEqual([]);
        own = await buildWorld(scene); // the next one finds everything in place
      } else {
        expect(outcome.code, what).not.toBe("internal");
        expect(written, `${what} was refused, yet acted`).toEqual([]);
      }
    }
  },
);
