import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Context } from "oidc-provider";

/** Somebody as the issuer knows them. */
export interface Somebody {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
}

/** An OpenID Connect issuer: the certified `oidc-provider`, in this process. */
export interface Issuer {
  readonly url: string;
  /** Who is at the screen; null: somebody who declines. */
  somebody: Somebody | null;
  close(): Promise<void>;
}

export const client = { clientId: "taskwire", clientSecret: "a secret that only the two of them know" };

interface Stored {
  uid?: string;
  grantId?: string;
  consumed?: number;
}

/** What the issuer keeps, as long as it listens. */
function keptInMemory() {
  const all = new Map<string, Stored>();
  return (kind: string) => ({
    upsert: async (id: string, payload: Stored) => void all.set(`${kind}:${id}`, payload),
    find: async (id: string) => all.get(`${kind}:${id}`),
    findByUid: async (uid: string) =>
      [...all].find(([key, stored]) => key.startsWith(`${kind}:`) && stored.uid === uid)?.[1],
    findByUserCode: async () => undefined,
    consume: async (id: string) => {
      const stored = all.get(`${kind}:${id}`);
      if (stored) stored.consumed = Math.floor(Date.now() / 1_000);
    },
    destroy: async (id: string) => void all.delete(`${kind}:${id}`),
    revokeByGrantId: async (grantId: string) => {
      for (const [key, stored] of all) if (stored.grantId === grantId) all.delete(key);
    },
  });
}

/** Issuers listen on the machine alone; `redirectUri` is the only one they return to. */
export async function startIssuer(redirectUri: string): Promise<Issuer> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: Issuer = {
    url,
    somebody: null,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  const known = new Map<string, Somebody>();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

  const provider: Provider = new Provider(url, {
    adapter: keptInMemory(),
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" }] },
    cookies: { keys: ["a key of the test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => "/interaction" },
    ttl: { IdToken: 300, Session: 600, Interaction: 600, Grant: 600, AccessToken: 600 },
    findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => known.get(sub) }),
    async loadExistingGrant({ oidc }: Context) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const serve = provider.callback();
  server.on("request", (req, res) => {
    if (req.url !== "/interaction") return serve(req, res);
    const { somebody } = issuer;
    if (somebody) known.set(somebody.sub, somebody);
    const answer = somebody ? { login: { accountId: somebody.sub } } : { error: "access_denied" };
    void provider.interactionFinished(req, res, answer);
  });
  return issuer;
}
