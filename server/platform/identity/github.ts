import { CodeChallengeMethod, OAuth2Client } from "arctic";
import { z } from "zod";
import { exchangeCode } from "./exchange-code.ts";
import { type Asked, getJson, type IdentityProvider, notProven } from "./provider.ts";

export interface GitHubOptions extends Pick<Asked, "timeoutMs"> {
  /** `https://github.com`, or a GitHub Enterprise Server. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

const userSchema = z.object({ id: z.int(), login: z.string(), name: z.string().nullish() });
const emailsSchema = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));
const address = z.string().max(254).toLowerCase().pipe(z.email());

/** GitHub speaks OAuth, not OpenID Connect: who it is, its API says. */
export function gitHubProvider({
  url,
  clientId,
  clientSecret,
  redirectUri,
  ...limit
}: GitHubOptions): IdentityProvider {
  const asked = { label: "GitHub", ...limit };
  const { label } = asked;
  const client = new OAuth2Client(clientId, clientSecret, redirectUri);
  const api = url === "https://github.com" ? "https://api.github.com" : `${url}/api/v3`;

  return {
    name: "github",
    label,
    async authorizationUrl({ state, codeVerifier }) {
      const { S256 } = CodeChallengeMethod;
      const scopes = ["read:user", "user:email"];
      return client.createAuthorizationURLWithPKCE(`${url}/login/oauth/authorize`, state, S256, codeVerifier, scopes);
    },
    async identify({ code }, { codeVerifier }) {
      const tokens = await exchangeCode(asked, client, `${url}/login/oauth/access_token`, code, codeVerifier);
      const { access_token } = tokens.data as { access_token?: unknown };
      if (typeof access_token !== "string") throw notProven(label, "token");
      const headers = { authorization: `Bearer ${access_token}`, "x-github-api-version": "2022-11-28" };
      const [user, emails] = await Promise.all([
        getJson(asked, `${api}/user`, userSchema, headers),
        getJson(asked, `${api}/user/emails`, emailsSchema, headers),
      ]);
      const primary = emails.find((email) => email.primary);
      const email = address.safeParse(primary?.email).data ?? null;
      return {
        provider: "github",
        issuer: url,
        subject: String(user.id), // a login can be given to somebody else, its number cannot
        email,
        emailVerified: email !== null && primary?.verified === true,
        name: user.name ?? user.login,
      };
    },
  };
}
