import * as fc from "fast-check";
import { expect, test } from "vitest";
import { deliveryChannels, deliveryModes, eventMatrix, notificationEvents } from "./event.matrix.ts";
import type { Modes } from "./preference.view.ts";
import { resolvePreference } from "./resolve-preference.ts";

const event = fc.constantFrom(...notificationEvents);
const channel = fc.constantFrom(...deliveryChannels);
const mode = fc.constantFrom(...deliveryModes);
const modes = fc.option(
  fc.array(fc.tuple(event, channel, mode), { maxLength: 30 }).map((cells) => {
    const wishes: Modes = {};
    for (const [event, channel, mode] of cells) wishes[event] = { ...wishes[event], [channel]: mode };
    return wishes;
  }),
);
const wishes = fc.record({ project: modes, organization: modes, personal: modes });

test("the most specific wish about a cell counts, whatever is wished about others", () => {
  fc.assert(
    fc.property(wishes, event, channel, (wishes, event, channel) => {
      const said = [wishes.project, wishes.organization, wishes.personal].map((modes) => modes?.[event]?.[channel]);
      const first = said.findIndex((mode) => mode !== undefined);
      const expected =
        first < 0
          ? { mode: eventMatrix[event].modes[channel], source: "product" }
          : { mode: said[first], source: (["project", "organization", "personal"] as const)[first] };
      expect(resolvePreference(wishes, event, channel)).toEqual(expected);
    }),
  );
});

test("a wish about one cell changes that cell, and no other", () => {
  fc.assert(
    fc.property(wishes, event, channel, mode, (wishes, event, channel, mode) => {
      const project = { ...wishes.project, [event]: { ...wishes.project?.[event], [channel]: mode } };
      const changed = { ...wishes, project };
      for (const anyEvent of notificationEvents) {
        for (const anyChannel of deliveryChannels) {
          const isIt = anyEvent === event && anyChannel === channel;
          expect(resolvePreference(changed, anyEvent, anyChannel)).toEqual(
            isIt ? { mode, source: "project" } : resolvePreference(wishes, anyEvent, anyChannel),
          );
        }
      }
    }),
  );
});
