import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfig, settings } from "./config.ts";

/** `NAME=value` is a default, `# NAME=value` an example for a setting without one. */
const [ours = ""] = readFileSync(".env.example", "utf8").split("# ── Only for docker compose");
const example = [...ours.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, commented, name = "", value = ""]) => ({
  name,
  value,
  isDefault: !commented,
}));
const defaults = Object.fromEntries(example.filter((line) => line.isDefault).map(({ name, value }) => [name, value]));

const production = {
  NODE_ENV: "production",
  DATABASE_URL: "postgres://taskwire:secret@db/taskwire",
  JWT_PRIVATE_KEY: "key",
  PUBLIC_URL: "https://taskwire.example.com/",
};

describe(".env.example", () => {
  test("names every setting once, and no other", () => {
    expect(example.map(({ name }) => name).sort()).toEqual(Object.keys(settings.shape).sort());
  });

  test("gives every default, and none where there is none", () => {
    const withDefault = Object.entries(settings.shape).filter(([, setting]) => setting.parse(undefined) !== undefined);
    expect(Object.keys(defaults).sort()).toEqual(withDefault.map(([name]) => name).sort());
    expect(readConfig(defaults)).toEqual(readConfig({}));
  });

  test("has examples that are valid", () => {
    expect(() => readConfig(Object.fromEntries(example.map(({ name, value }) => [name, value])))).not.toThrow();
  });
});

describe("readConfig", () => {
  test("needs nothing outside production", () => {
    expect(readConfig({})).toMatchObject({ NODE_ENV: "development", PORT: 4000, publicUrl: "http://localhost:4000" });
  });

  test("takes an empty value for an absent one", () => {
    expect(readConfig({ PORT: "", DATABASE_URL: "" })).toEqual(readConfig({}));
  });

  test("starts in production with its secrets", () => {
    expect(readConfig(production)).toMatchObject({ publicUrl: "https://taskwire.example.com" });
  });

  test.each(["DATABASE_URL", "JWT_PRIVATE_KEY", "PUBLIC_URL"])("refuses production without %s", (name) => {
    expect(() => readConfig({ ...production, [name]: undefined })).toThrow(`${name}: required in production`);
  });

  test("names everything that is missing in production at once", () => {
    expect(() => readConfig({ NODE_ENV: "production" })).toThrow(
      /DATABASE_URL: .*\n.*JWT_PRIVATE_KEY: .*\n.*PUBLIC_URL: /,
    );
  });

  test.each([
    ["PORT", "70000"],
    ["PORT", "four thousand"],
    ["ROLES", "api,cook"],
    ["ROLES", ","],
    ["SEED_DEMO", "yes"],
    ["DATABASE_URL", "localhost:5432/taskwire"],
    ["REDIS_URL", "localhost:6379"],
    ["ACCESS_TOKEN_SECONDS", "5"],
  ])("refuses %s=%s by name", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^  ${name}`, "m"));
  });

  test("reads lists by their commas", () => {
    const config = readConfig({ ROLES: "api, workers", CORS_ORIGINS: "https://a.example, https://b.example," });
    expect(config).toMatchObject({
      ROLES: ["api", "workers"],
      CORS_ORIGINS: ["https://a.example", "https://b.example"],
    });
  });
});
