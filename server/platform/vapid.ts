import webPush from "web-push";
import { z } from "zod";
import type { Config } from "../config.ts";
import { keptSecret } from "./kept-secret.ts";

/** Who we are to push services (RFC 8292). */
export interface Vapid {
  readonly publicKey: string;
  readonly privateKey: string;
  /** Where they reach who runs this server. */
  readonly subject: string;
}

declare module "./services.ts" {
  interface Services {
    /** null: push is not configured, so none goes out. */
    readonly vapid: Vapid | null;
  }
}

const pairSchema = z.object({ publicKey: z.string(), privateKey: z.string() });

/** The configured keys; outside production, else those made at the first start. */
export function vapidOf(config: Config): Vapid | null {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT } = config;
  const subject = VAPID_SUBJECT ?? "mailto:taskwire@localhost.localdomain";
  if (publicKey && privateKey) return { publicKey, privateKey, subject };
  if (config.NODE_ENV === "production") return null;
  const kept = keptSecret(config.DATA_DIR, "vapid.json", () => JSON.stringify(webPush.generateVAPIDKeys()));
  return { ...pairSchema.parse(JSON.parse(kept)), subject };
}
