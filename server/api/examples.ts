import { z } from "zod";

/** What examples say, by the name of the field: a task of the demo's board. */
const texts: Record<string, string> = {
  accessToken: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl",
  auth: "qiY-eZ21o4oN761JvfGdrg",
  challenge: "twc_Vq3mB0o1yT9uJf3sKwq7XhVQ2mB0o1yT9uJf3sK",
  channel: "project:01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05",
  code: "123456",
  codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  color: "#8e6bbf",
  csv: "task,spentOn,durationMinutes\nWEB-12,2027-01-11,90",
  currency: "EUR",
  from: "09:00",
  to: "10:30",
  csrfToken: "q7XhVQ2mB0o1yT9uJf3sKw",
  currentPassword: "a good long password",
  cursor: "WyJXZWJzaXRlIiwiMDE5OTBhM2MiXQ",
  description: "Everything that has to be **done** before we go live.",
  email: "ada@example.com",
  emoji: "👍",
  endpoint: "https://push.example.com/send/fGx2c1Rz",
  entity: "task",
  fieldFilters: "01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05:is:High",
  ip: "192.0.2.1",
  key: "WEB",
  locale: "de-DE",
  name: "Website",
  newEmail: "ada@work.example.com",
  newPassword: "another good long password",
  nextCursor: "WyJXZWJzaXRlIiwiMDE5OTBhM2MiXQ",
  p256dh: "BMaJz8ydvU5EHtqWG9Ac3Vu7iFfU4oyYumy590SOyFchJnwgRWjpVXP4lKvAV3P7sjbrl8Pua2FO5MtGjhXJumw",
  password: "a good long password",
  quietFrom: "22:00",
  quietTo: "07:00",
  provider: "github",
  rank: "a34z",
  recoveryCodes: "ABCD-EFGH-IJKL-MNOP",
  refreshToken: "twr_Vq3mB0o1yT9uJf3sKwq7XhVQ2mB0o1yT9uJf3sK",
  scope: "project:01990a3c-5b1e-7c44-8f02-7d9a4c1e0b05",
  scopes: "task.read",
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  slug: "demo",
  text: "launch",
  timeZone: "Europe/Berlin",
  taskKey: "WEB-12",
  title: "Write the texts",
  token: "twi_Vq3mB0o1yT9uJf3sKwq7XhVQ2mB0o1yT9uJf3sK",
  rule: "FREQ=WEEKLY;BYDAY=MO",
  startsAt: "2027-01-11T09:00",
  timeOfDay: "09:00",
  type: "task.moved",
  userAgent: "Mozilla/5.0",
  username: "ada@example.com",
  confirm: "demo",
};
const numbers: Record<string, number> = {
  limit: 50,
  version: 3,
  number: 12,
  seq: 42,
  head: 42,
  since: 40,
  estimateMinutes: 90,
  digestHour: 9,
  expirationTime: 1_800_000_000_000,
  wipLimit: 5,
};

type Schema = z.core.JSONSchema.BaseSchema;

/** An id that is the same wherever the field is: `taskId` of one call is `id` of the task in another's answer. */
function idOf(field: string): string {
  const stem = field.replace(/Ids?$/, "").toLowerCase() || "entity";
  const sum = [...stem].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 0xff_ff_ff, 7);
  return `01990a3c-5b1e-7c44-8f02-7d9a4c${sum.toString(16).padStart(6, "0")}`;
}

/**
 * An example that a schema accepts. Of what may be left out, inputs show words and numbers, not references, versions
 * and cursors.
 */
export function exampleOf(schema: z.ZodType, io: "input" | "output"): unknown {
  const json = z.toJSONSchema(schema, { io, unrepresentable: "any", reused: "inline" });
  const definitions = (json["$defs"] ?? {}) as Record<string, Schema>;

  function make(given: Schema, field: string, siblings: readonly string[] = []): unknown {
    const at = given.$ref ? (definitions[given.$ref.replace("#/$defs/", "")] ?? given) : given;
    if (at.const !== undefined) return at.const;
    if (at.enum) return at.enum[0];
    if (at.anyOf)
      return make((at.anyOf.find((choice) => (choice as Schema).type !== "null") ?? {}) as Schema, field, siblings);
    if (at.type === "object") return object(at, field);
    if (at.type === "array")
      return io === "input" && field.startsWith("remove") ? [] : [make((at.items ?? {}) as Schema, field)];
    if (at.type === "integer" || at.type === "number") return Math.max(numbers[field] ?? 1, at.minimum ?? 0);
    if (at.type === "boolean") return at.default ?? true;
    if (at.type === "string") return string(at, field, siblings);
    return null;
  }

  function object(at: Schema, field: string): object {
    const properties = Object.entries((at.properties ?? {}) as Record<string, Schema>);
    const names = properties.map(([name]) => name);
    const shown = properties.filter(
      ([name]) => io === "output" || at.required?.includes(name) || !/(^version|^mutationId|^cursor|Ids?)$/.test(name),
    );
    return Object.fromEntries(
      shown.map(([name, property]) => [name, make(property, name === "id" ? field : name, names)]),
    );
  }

  function string(at: Schema, field: string, siblings: readonly string[]): string {
    if (at.format === "uuid") return idOf(field);
    if (at.format === "date") return field === "startOn" ? "2027-01-11" : "2027-01-15";
    if (at.format === "date-time") return "2027-01-11T09:30:00.000Z";
    if (field === "key" && siblings.includes("number")) return "WEB-12";
    return texts[field] ?? "text";
  }

  return make(json, "");
}
