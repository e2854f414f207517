import type { Config } from "../config.ts";
import { derivedSecret } from "./secrets.ts";
import { signingKeyPem } from "./signing-key.ts";

/** A secret for one purpose, which all processes of the server can compute and nobody else. */
export const serverSecret = ({ JWT_PRIVATE_KEY, DATA_DIR }: Config, purpose: string): string =>
  derivedSecret(JWT_PRIVATE_KEY ?? signingKeyPem(DATA_DIR), purpose);
