import { letterCatalogue } from "../domain/letter.catalogue.ts";
import type { Letter } from "../domain/letters.ts";
import type { Scene } from "./scene.ts";

/** What an address is sent, composed as of now; what is not to be sent any more is left out. */
export async function lettersTo(scene: Scene, address: string): Promise<(Letter & { name: string })[]> {
  const jobs = await scene.app.sql.query<{ input: { letter: string; input: unknown } }>(
    "select input from feed.jobs where name = 'email.send' order by id",
  );
  const composed = await Promise.all(
    jobs.map(async ({ input: { letter: name, input } }) => {
      const definition = letterCatalogue.find((known) => known.name === name);
      const letter = await definition?.compose(scene.ctx(null), input);
      return letter ? [{ ...letter, name }] : [];
    }),
  );
  return composed.flat().filter(({ to }) => to.address === address);
}

/** The token of the last letter of a kind, as the page that its button leads to reads it. */
export async function tokenTo(scene: Scene, address: string, name: string): Promise<string> {
  const letter = (await lettersTo(scene, address)).findLast((letter) => letter.name === name);
  const { button } = (letter?.data ?? {}) as { button?: { url: string } };
  return button ? (new URL(button.url).hash.replace("#token=", "") as string) : "";
}
