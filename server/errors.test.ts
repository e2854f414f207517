import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { toAppError } from "./errors.ts";

/** Linux' disk that is always full. */
const full = "/dev/full";

test.skipIf(!existsSync(full))("a full disk is told as what is away for a while", async () => {
  const failed = await writeFile(full, "more").catch(toAppError);
  expect(failed).toMatchObject({ code: "upstream.down", cause: { code: "ENOSPC" } });
});

test.for([undefined, null, "a text", new Error("unknown")])("%s leaves as a bare `internal`", (thrown) => {
  expect(toAppError(thrown).toBody()).toEqual({
    error: "internal",
    message: "Something went wrong on our side.",
    details: {},
  });
});
