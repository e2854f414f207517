import { z } from "zod";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);
const address = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, ""));

/** Names of the providers that have settings of their own. */
const builtIn = ["github", "google", "gitlab", "entra"];

const issuers = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be lower-case letters, digits and hyphens")
        .refine((name) => !builtIn.includes(name), "has settings of its own"),
      label: z.string().min(1).max(60),
      issuer: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
      scopes: z.array(z.string().min(1)).default(["openid", "email", "profile"]),
      trustEmail: z.boolean().default(false),
    }),
  )
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two have the same name");

function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is no JSON" });
    return z.NEVER;
  }
}

/** Settings of how people sign in; part of the server's. */
export const signInSettings = {
  REQUIRE_VERIFIED_EMAIL: flag.default(false).describe("whether a password signs in only once the address is proved"),
  SECRETS_KEYS: list
    .pipe(z.array(z.string().min(32, "needs 32 characters each")))
    .default([])
    .describe(
      "what is kept to be read again (secrets of authenticator apps) is sealed with the first and opened with any of these; absent: with JWT_PRIVATE_KEY",
    ),
  SIGN_IN_RETURN_URIS: list
    .default([])
    .describe("besides pages of allowed origins, exact addresses that a sign-in may return to: those of native apps"),
  GITHUB_CLIENT_ID: z.string().optional().describe("an OAuth app; offers GitHub to sign in with"),
  GITHUB_CLIENT_SECRET: z.string().optional().describe("needed with GITHUB_CLIENT_ID"),
  GITHUB_URL: address.default("https://github.com").describe("GitHub, or one's own GitHub Enterprise Server"),
  GOOGLE_CLIENT_ID: z.string().optional().describe("offers Google to sign in with"),
  GOOGLE_CLIENT_SECRET: z.string().optional().describe("needed with GOOGLE_CLIENT_ID"),
  GITLAB_CLIENT_ID: z.string().optional().describe("offers GitLab to sign in with"),
  GITLAB_CLIENT_SECRET: z.string().optional().describe("needed with GITLAB_CLIENT_ID"),
  GITLAB_URL: address.default("https://gitlab.com").describe("GitLab, or one's own"),
  ENTRA_CLIENT_ID: z.string().optional().describe("offers Microsoft Entra ID to sign in with"),
  ENTRA_CLIENT_SECRET: z.string().optional().describe("needed with ENTRA_CLIENT_ID"),
  ENTRA_TENANT: z
    .string()
    .regex(/^[a-z0-9.-]{1,100}$/i, "must be a tenant's id or domain, or organizations, common or consumers")
    .default("organizations")
    .describe("the tenant whose people may sign in: its id or domain; or `organizations`, `common`, `consumers`"),
  ENTRA_TRUST_EMAIL: flag
    .default(false)
    .describe("whether the tenant's addresses count as proved; only for a single tenant"),
  OIDC_PROVIDERS: z
    .string()
    .transform(fromJson)
    .pipe(issuers)
    .default([])
    .describe("OpenID Connect issuers to sign in with, JSON: `[{name, label, issuer, clientId, clientSecret}]`"),
};

const several = ["organizations", "common", "consumers"];

/** What is wrong between settings, one a line. */
export function signInProblems(
  settings: z.output<z.ZodObject<typeof signInSettings>> & { NODE_ENV: string },
): string[] {
  const problems: string[] = [];
  for (const name of ["GITHUB", "GOOGLE", "GITLAB", "ENTRA"] as const) {
    const [id, secret] = [settings[`${name}_CLIENT_ID`], settings[`${name}_CLIENT_SECRET`]];
    if (id && !secret) problems.push(`${name}_CLIENT_SECRET: required with ${name}_CLIENT_ID`);
  }
  if (settings.ENTRA_TRUST_EMAIL && several.includes(settings.ENTRA_TENANT))
    problems.push("ENTRA_TRUST_EMAIL: needs a single tenant in ENTRA_TENANT; anybody can make one with any address");
  if (settings.NODE_ENV === "production") {
    const plain = (url: string) => url.startsWith("http:");
    for (const name of ["GITHUB_URL", "GITLAB_URL"] as const)
      if (plain(settings[name])) problems.push(`${name}: must be https in production`);
    for (const { name, issuer } of settings.OIDC_PROVIDERS)
      if (plain(issuer)) problems.push(`OIDC_PROVIDERS: the issuer of ${name} must be https in production`);
  }
  return problems;
}
