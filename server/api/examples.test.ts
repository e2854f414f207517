import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { appRouter } from "../../routers/index.ts";
import { describedBy } from "../../routers/trpc.ts";
import { exampleOf } from "./examples.ts";

interface Definition {
  inputs: z.ZodType[];
  output?: z.ZodType;
}

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: Definition }>);

describe.each(procedures)("the example of %s", (_, { _def }) => {
  test("is accepted by its schemas", () => {
    for (const input of _def.inputs)
      expect(input.safeParse(exampleOf(input, "input"))).toMatchObject({ success: true });
    if (!_def.output) return;
    const output = describedBy(_def.output);
    expect(output.safeParse(exampleOf(output, "output"))).toMatchObject({ success: true });
  });
});
