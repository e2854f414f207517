import { expect, test } from "vitest";
import { createLog } from "./log.ts";

function logged(write: (log: ReturnType<typeof createLog>) => void, level: "info" | "error" = "info") {
  const lines: string[] = [];
  write(createLog({ LOG_LEVEL: level }, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

test("a line is one JSON object with the fields of the contract", () => {
  const [line] = logged((log) => log.warn({ service: "task-service", request_id: "r1" }, "two\nlines"));

  expect(line).toEqual({
    level: "WARN",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: "task-service",
    request_id: "r1",
    message: "two\nlines",
  });
  expect(logged((log) => log.info("started"))[0]).toMatchObject({ service: "taskwire", message: "started" });
});

test("secrets are not written, however deep", () => {
  const [line] = logged((log) =>
    log.info({
      password: "s3cret",
      headers: { authorization: "s3cret", cookie: "s3cret", host: "here" },
      list: [{ token: "s3cret" }],
      deep: { a: { b: { c: { d: "s3cret" } } } },
    }),
  );

  expect(JSON.stringify(line)).not.toContain("s3cret");
  expect(line).toMatchObject({ password: "[redacted]", headers: { authorization: "[redacted]", host: "here" } });
});

test("an error is its stack and causes, without the values a driver keeps in it", () => {
  const cause = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (email)=(a@b.c) exists" });
  const [line] = logged((log) => log.error({ err: new Error("outer", { cause }) }, "failed"));

  expect(line.err).toMatchObject({ type: "Error", message: "outer", stack: expect.stringContaining("log.test.ts") });
  expect(line.err.cause).toMatchObject({ code: "23505", message: "duplicate key" });
  expect(JSON.stringify(line)).not.toContain("a@b.c");
});

test("what is less severe than the level is not written", () => {
  expect(logged((log) => log.info("no"), "error")).toEqual([]);
});
