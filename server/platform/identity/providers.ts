import type { Config } from "../../config.ts";
import { gitHubProvider } from "./github.ts";
import { type OidcOptions, oidcProvider } from "./oidc.ts";
import type { IdentityProvider } from "./provider.ts";

/** Whom people may sign in with, in the order in which a page lists them. */
export type IdentityProviders = ReadonlyMap<string, IdentityProvider>;

declare module "../services.ts" {
  interface Services {
    readonly identityProviders: IdentityProviders;
  }
}

/** Those that are configured; none is asked for anything yet. */
export function createIdentityProviders(config: Config): IdentityProviders {
  const redirectUri = (name: string) => `${config.publicUrl}/auth/${name}/callback`;
  const providers: IdentityProvider[] = [];
  const scopes = ["openid", "email", "profile"];
  const add = (
    options: Omit<OidcOptions, "redirectUri" | "clientId" | "clientSecret">,
    id?: string,
    secret?: string,
  ) => {
    if (id && secret) {
      const client = { clientId: id, clientSecret: secret, redirectUri: redirectUri(options.name) };
      providers.push(oidcProvider({ ...options, ...client }));
    }
  };

  const { GITHUB_URL: url, GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret } = config;
  if (clientId && clientSecret)
    providers.push(gitHubProvider({ url, clientId, clientSecret, redirectUri: redirectUri("github") }));
  const google = { name: "google", label: "Google", issuer: "https://accounts.google.com", scopes };
  add(google, config.GOOGLE_CLIENT_ID, config.GOOGLE_CLIENT_SECRET);
  const gitlab = { name: "gitlab", label: "GitLab", issuer: config.GITLAB_URL, scopes };
  add(gitlab, config.GITLAB_CLIENT_ID, config.GITLAB_CLIENT_SECRET);
  const entra = {
    name: "entra",
    label: "Microsoft",
    issuer: `https://login.microsoftonline.com/${config.ENTRA_TENANT}/v2.0`,
    issuerIsTemplate: true,
    scopes,
    // Its `email` is whatever a tenant's admin wrote there; this claim says that the domain is the tenant's own.
    verifiedClaim: "xms_edov",
    trustEmail: config.ENTRA_TRUST_EMAIL,
  };
  add(entra, config.ENTRA_CLIENT_ID, config.ENTRA_CLIENT_SECRET);
  for (const { clientId, clientSecret, ...options } of config.OIDC_PROVIDERS) add(options, clientId, clientSecret);

  return new Map(providers.map((provider) => [provider.name, provider]));
}
