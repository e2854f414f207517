import { v7 } from "uuid";
import { expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import { readReplyAddress, replyAddress } from "./reply-address.ts";

const domain = "reply.example.test";
const settings = { NODE_ENV: "test", MAIL_REPLY_DOMAIN: domain, MAIL_INBOUND_SECRET: "a secret of sixteen" };
const config = readConfig(settings);
const userId = v7();
const target = { kind: "comment", id: v7(), userId } as const;
const address = replyAddress(config, domain, target);

test("an address fits, survives any case, and says what is answered", () => {
  expect(address.indexOf("@")).toBeLessThanOrEqual(64);
  for (const written of [address, address.toUpperCase()]) {
    const read = readReplyAddress(config, written);
    expect(read).toMatchObject({ kind: target.kind, id: target.id });
    expect(read?.wasGivenTo(userId)).toBe(true);
  }
});

test("it holds for nobody else, for nothing else, and on no other server", () => {
  expect(readReplyAddress(config, address)?.wasGivenTo(v7())).toBe(false);
  for (let at = "reply+".length; at < address.indexOf("@"); at += 1) {
    const other = address[at] === "a" ? "b" : "a";
    const changed = readReplyAddress(config, address.slice(0, at) + other + address.slice(at + 1));
    const isSame = changed?.kind === target.kind && changed.id === target.id && changed.wasGivenTo(userId);
    // The last character carries bits that no byte is made of.
    if (at < address.indexOf("@") - 1) expect(isSame, `with another character at ${at}`).toBe(false);
  }
  const elsewhere = readConfig({ ...settings, JWT_PRIVATE_KEY: "another key" });
  expect(readReplyAddress(elsewhere, address)?.wasGivenTo(userId)).toBe(false);
});

test.for(["reply+@reply.example.test", "reply+abc@reply.example.test", "reply+1!@reply.example.test", "a@b.test", ""])(
  "%s is none",
  (text) => expect(readReplyAddress(config, text)).toBeNull(),
);
