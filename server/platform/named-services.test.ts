import { expect, test } from "vitest";
import { appRouter } from "../../routers/index.ts";
import { serviceNames, serviceOf } from "./named-services.ts";

test("every procedure belongs to one of the nine services, except those about all of them", () => {
  const without = Object.keys(appRouter._def.procedures).filter((path) => !serviceNames.includes(serviceOf(path)));

  expect(serviceNames).toHaveLength(9);
  expect(new Set(without.map((path) => path.split(".")[0]))).toEqual(new Set(["sync"]));
});
