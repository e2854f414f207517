import type { Config } from "../config.ts";
import type { Mailer } from "./mail-message.ts";
import { openDirectoryMailer } from "./mailer-directory.ts";
import { openSmtpMailer } from "./mailer-smtp.ts";

declare module "./services.ts" {
  interface Services {
    /** null: nothing is configured to take mail, so none goes out. */
    readonly mailer: Mailer | null;
  }
}

/** An SMTP server, or a directory below DATA_DIR; in production only the former. */
export function openMailer(config: Config): Mailer | null {
  if (config.SMTP_URL) return openSmtpMailer(config, config.SMTP_URL);
  return config.NODE_ENV === "production" ? null : openDirectoryMailer(config);
}
