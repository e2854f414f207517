import { generateKeyPairSync } from "node:crypto";
import { keptSecret } from "./kept-secret.ts";

/** The private key that signs access tokens where none is configured: kept as `secrets/jwt-private-key.pem`. */
export const signingKeyPem = (dataDir: string): string =>
  keptSecret(dataDir, "jwt-private-key.pem", () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
  );
