import { CodeChallengeMethod, OAuth2Client } from "arctic";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type RemoteJWKSet } from "jose";
import { z } from "zod";
import { sameSecret } from "../secrets.ts";
import { exchangeCode } from "./exchange-code.ts";
import { type Asked, getJson, type IdentityProvider, notProven, providerDown, usualTimeoutMs } from "./provider.ts";

/** How an OpenID Connect issuer is asked. */
export interface OidcOptions extends Asked {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Its addresses count as proved, whatever it says of them. */
  readonly trustEmail?: boolean;
  /** A claim that says the same as `email_verified`. */
  readonly verifiedClaim?: string;
  /** The document may name the issuer otherwise: `…/{tenantid}/v2.0`, filled from the token's `tid`. */
  readonly issuerIsTemplate?: boolean;
}

const endpoint = z.url({ protocol: /^https?$/ });
const discoverySchema = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
interface Discovered extends z.output<typeof discoverySchema> {
  readonly keys: RemoteJWKSet;
}

const claimsSchema = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(254).toLowerCase().pipe(z.email()).optional().catch(undefined),
  email_verified: z.unknown().optional(),
  name: z.string().optional().catch(undefined),
});

/** How long an issuer's document is believed. */
const discoveryMs = 3_600_000;
/** Signatures that only the issuer can make: never `none`, never with the client's secret (RFC 8725 §3.1). */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Clocks differ. */
const toleranceSeconds = 60;
const maxAgeSeconds = 600;

/** An issuer found by its discovery document (OpenID Connect Discovery 1.0 §4). */
export function oidcProvider(options: OidcOptions): IdentityProvider {
  const { name, label, clientId } = options;
  const client = new OAuth2Client(clientId, options.clientSecret, options.redirectUri);
  let known: { readonly found: Promise<Discovered>; readonly until: number } | null = null;

  /** Asked once for all who wait; a failure is forgotten. */
  function discover(): Promise<Discovered> {
    if (known && known.until > Date.now()) return known.found;
    const found = readDiscovery(options);
    const asked = { found, until: Date.now() + discoveryMs };
    known = asked;
    found.catch(() => {
      if (known === asked) known = null;
    });
    return found;
  }

  return {
    name,
    label,
    async authorizationUrl({ state, nonce, codeVerifier }) {
      const { authorization_endpoint } = await discover();
      const s256 = CodeChallengeMethod.S256;
      const scopes = [...options.scopes];
      const url = client.createAuthorizationURLWithPKCE(authorization_endpoint, state, s256, codeVerifier, scopes);
      url.searchParams.set("nonce", nonce);
      return url;
    },
    async identify({ code, iss }, request) {
      const issuer = await discover();
      const names = issuer.authorization_response_iss_parameter_supported && !options.issuerIsTemplate;
      if ((names || iss !== null) && !options.issuerIsTemplate && iss !== issuer.issuer)
        throw notProven(label, "issuer"); // RFC 9207 §2.4: against mix-up
      const tokens = await exchangeCode(options, client, issuer.token_endpoint, code, request.codeVerifier);
      const { id_token, access_token } = tokens.data as { id_token?: unknown; access_token?: unknown };
      if (typeof id_token !== "string") throw notProven(label, "id-token");
      const payload = await verifyIdToken(options, issuer, id_token, request.nonce);
      const claims = { ...payload, ...(await moreClaims(options, issuer, payload, access_token)) };
      const parsed = claimsSchema.safeParse(claims);
      if (!parsed.success) throw notProven(label, "claims", parsed.error);
      const { sub, email = null, email_verified, name: given = null } = parsed.data;
      const verified = [email_verified, options.verifiedClaim ? claims[options.verifiedClaim] : false].some(isTrue);
      return {
        provider: name,
        issuer: payload.iss as string,
        subject: sub,
        email,
        emailVerified: email !== null && (verified || options.trustEmail === true),
        name: given,
      };
    },
  };
}

/** Some issuers write booleans as texts or numbers. */
const isTrue = (claim: unknown) => claim === true || claim === "true" || claim === 1 || claim === "1";

async function readDiscovery(options: OidcOptions): Promise<Discovered> {
  const { label, issuer, issuerIsTemplate, timeoutMs = usualTimeoutMs } = options;
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const document = await getJson(options, url, discoverySchema);
  const same = issuerIsTemplate
    ? new URL(document.issuer).origin === new URL(issuer).origin
    : document.issuer === issuer;
  if (!same) throw providerDown(label, new Error(`The document of ${issuer} speaks for another issuer`));
  const keys = createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: timeoutMs });
  return { ...document, keys };
}

/** OpenID Connect Core 1.0 §3.1.3.7. @throws AppError `auth.invalid` | `upstream.down` (its keys cannot be read) */
async function verifyIdToken(
  { label, clientId, issuerIsTemplate }: OidcOptions,
  { issuer, keys }: Discovered,
  token: string,
  nonce: string,
): Promise<JWTPayload> {
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, keys, {
      algorithms,
      audience: clientId,
      ...(issuerIsTemplate ? {} : { issuer }),
      clockTolerance: toleranceSeconds,
      maxTokenAge: maxAgeSeconds,
      requiredClaims: ["iss", "sub", "aud", "exp", "iat", "nonce"],
    });
    payload = verified.payload;
  } catch (error) {
    const ours = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
    throw ours && !isUnreadable(error) ? notProven(label, "id-token", error) : providerDown(label, error);
  }
  if (issuerIsTemplate) {
    const tenant = /^[0-9a-f-]{36}$/.test(String(payload["tid"])) ? String(payload["tid"]) : "";
    if (payload.iss !== issuer.replace("{tenantid}", tenant)) throw notProven(label, "issuer");
  }
  if (!sameSecret(String(payload["nonce"]), nonce)) throw notProven(label, "nonce");
  const { azp } = payload;
  if ((azp !== undefined || (Array.isArray(payload.aud) && payload.aud.length > 1)) && azp !== clientId)
    throw notProven(label, "audience");
  return payload;
}

/** jose's word for an answer that is no key set. */
const isUnreadable = (error: unknown) =>
  error instanceof errors.JOSEError &&
  error.code === "ERR_JOSE_GENERIC" &&
  /JSON Web Key Set HTTP response/.test(error.message);

/** Where the token names no address, the issuer is asked for it (OpenID Connect Core 1.0 §5.3.2). */
async function moreClaims(
  asked: Asked,
  { userinfo_endpoint }: Discovered,
  payload: JWTPayload,
  accessToken: unknown,
): Promise<Record<string, unknown>> {
  if (payload["email"] !== undefined || !userinfo_endpoint || typeof accessToken !== "string") return {};
  const headers = { authorization: `Bearer ${accessToken}` };
  const { sub, email, email_verified, name } = await getJson(
    asked,
    userinfo_endpoint,
    z.record(z.string(), z.unknown()),
    headers,
  );
  if (sub !== payload.sub) throw notProven(asked.label, "subject"); // might be somebody else's
  return { email, email_verified, name: name ?? payload["name"] };
}
