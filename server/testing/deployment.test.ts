import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { settings } from "../config.ts";

interface Service {
  build?: { context: string; dockerfile: string };
  image?: string;
  env_file?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const text = readFileSync("docker-compose.yml", "utf8");
const compose: { services: Record<string, Service>; volumes: Record<string, null> } = parse(text);
const dockerfile = readFileSync("deploy/Dockerfile", "utf8");
const ignored = readFileSync(".dockerignore", "utf8").split("\n");
const services = Object.entries(compose.services);

test("the app gets only settings that exist, and what production requires", () => {
  const names = Object.keys(compose.services["app"]?.environment ?? {});
  expect(names.filter((name) => !(name in settings.shape))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(["NODE_ENV", "DATABASE_URL", "JWT_PRIVATE_KEY", "PUBLIC_URL"]));
});

test("the other services get their own variables only", () => {
  const prefixes = { postgres: "POSTGRES_", rabbitmq: "RABBITMQ_", minio: "MINIO_" };
  for (const [name, prefix] of Object.entries(prefixes)) {
    for (const variable of Object.keys(compose.services[name]?.environment ?? {})) expect(variable).toMatch(prefix);
  }
});

test("every variable that comes from .env is in .env.example", () => {
  const example = readFileSync(".env.example", "utf8");
  for (const [, name] of text.matchAll(/\$\{([A-Z_]+)/g)) expect(example).toMatch(new RegExp(`^(# )?${name}=`, "m"));
});

test("services wait for services that exist and tell their health", () => {
  for (const [name, service] of services) {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services, `${name} waits for ${other}`).toHaveProperty(other);
      expect(condition).toBe("service_healthy");
      expect(compose.services[other]?.healthcheck?.test[0]).toBe("CMD");
    }
  }
});

test("each service has an image or a Dockerfile that is there, and its urls name services", () => {
  for (const [name, { image, build, environment }] of services) {
    expect(image ?? (build && existsSync(build.dockerfile)), name).toBeTruthy();
    for (const [, host] of Object.values(environment ?? {})
      .join("\n")
      .matchAll(/(?:@|redis:\/\/)([a-z]+):\d/g)) {
      expect(compose.services).toHaveProperty(`${host}`);
    }
  }
});

test("named volumes are declared and used", () => {
  const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0]));
  expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
});

test("the image copies what exists, runs as an ordinary user and tells its health", () => {
  for (const [, paths = ""] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
    for (const path of paths.split(" ")) {
      expect(existsSync(path), path).toBe(true);
      expect(ignored, "left out by .dockerignore").not.toContain(path);
    }
  }
  for (const [, name = ""] of dockerfile.matchAll(/^ENV (.+)$/gm)) {
    for (const pair of name.split(" ")) expect(Object.keys(settings.shape)).toContain(pair.split("=")[0]);
  }
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK [\s\S]*\/health\/live/m);
});
