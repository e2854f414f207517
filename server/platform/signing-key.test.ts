import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { signingKeyPem } from "./signing-key.ts";

test("the key is made once, and only its owner can read it", () => {
  const folder = mkdtempSync(join(tmpdir(), "taskwire-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));

  const made = signingKeyPem(folder);

  expect(made).toContain("BEGIN PRIVATE KEY");
  expect(signingKeyPem(folder)).toBe(made);
  expect(readdirSync(join(folder, "secrets"))).toEqual(["jwt-private-key.pem"]);
  expect(statSync(join(folder, "secrets", "jwt-private-key.pem")).mode & 0o777).toBe(0o600);
});
