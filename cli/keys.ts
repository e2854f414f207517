import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { readConfig } from "../server/config.ts";
import { signingKeyPem } from "../server/platform/signing-key.ts";

/** `keys rotate`. */
export function addTo(program: Command): void {
  program
    .command("keys")
    .description("the key that signs access tokens")
    .command("rotate")
    .description("makes a new one, and keeps the old public key valid: nobody is signed out")
    .option("--write <file>", "writes both settings into this file, such as .env, instead of printing them")
    .action(({ write }: { write?: string }) => {
      const next = rotate();
      if (!write) {
        console.log("Set these two, on every node, and restart them in turn:\n");
        for (const [name, value] of Object.entries(next)) console.log(`${name}="${value}"`);
      } else {
        const text = existsSync(write) ? readFileSync(write, "utf8") : "";
        writeFileSync(write, withSettings(text, next), { mode: 0o600 });
        console.log(`${write} has the new key. Restart the nodes in turn.`);
      }
      console.log(
        "\nThe old public key can be taken out when the last token of it has expired, after ACCESS_TOKEN_SECONDS." +
          "\nLinks of pending invitations end with the old key; resend those.",
      );
    });
}

function rotate() {
  const config = readConfig();
  const current = createPrivateKey(config.JWT_PRIVATE_KEY?.replaceAll("\\n", "\n") ?? signingKeyPem(config.DATA_DIR));
  const old = createPublicKey(current).export({ type: "spki", format: "der" }).toString("base64");
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return {
    JWT_PRIVATE_KEY: pem.replaceAll("\n", "\\n"),
    JWT_PREVIOUS_PUBLIC_KEYS: [old, ...config.JWT_PREVIOUS_PUBLIC_KEYS].join(","),
  };
}

/** The text of a `.env` in which the settings have these values: each in its line, or in a new one at the end. */
export function withSettings(text: string, settings: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [name, value] of Object.entries(settings)) {
    const line = `${name}="${value}"`;
    const place = new RegExp(`^${name}=.*$`, "m");
    result = place.test(result) ? result.replace(place, () => line) : `${result.replace(/\n?$/, "\n")}${line}\n`;
  }
  return result.replace(/^\n/, "");
}
