import { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";
import { defineLetter, type Letter } from "../letters.ts";
import { readMailProof } from "./mail-proof.ts";

/** What people are told about their own account. They are sent also to addresses at which mail did not arrive before. */

const footer = "You got this because an account of this server has your address, or somebody entered it.";
const proofInput = z.strictObject({ proofId: z.uuid() });

/** A page of the front end; what follows `#` is sent to no server and stays out of logs. */
const page = ({ app }: PublicCtx, path: string, token: string) => `${app.config.publicUrl}/${path}#token=${token}`;

interface Words {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly button?: { readonly label: string; readonly url: string };
  readonly note?: string;
}

/** Nobody's name is in it where the address is not proved: whoever registered may have put an advertisement there. */
const letter = (address: string, { subject, ...words }: Words, name = ""): Letter => ({
  to: { name, address },
  subject,
  template: "notice",
  data: { heading: subject, footer, ...words },
});

/** Proves the address of a new account. */
export const verifyEmailLetter = defineLetter({
  name: "verify-email",
  input: proofInput,
  essential: true,
  async compose(ctx, { proofId }) {
    const proof = await readMailProof(ctx, proofId);
    if (!proof || proof.email !== proof.accountEmail) return null;
    return letter(proof.email, {
      subject: "Confirm your address",
      paragraphs: ["An account was opened with this address. Confirm that it is yours."],
      button: { label: "Confirm the address", url: page(ctx, "verify-email", proof.token) },
      note: "The link holds for a day. If it was not you, do nothing.",
    });
  },
});

/** Sets a new password. */
export const resetPasswordLetter = defineLetter({
  name: "reset-password",
  input: proofInput,
  essential: true,
  async compose(ctx, { proofId }) {
    const proof = await readMailProof(ctx, proofId);
    if (!proof || proof.email !== proof.accountEmail) return null;
    return letter(proof.email, {
      subject: "Set a new password",
      paragraphs: [
        "Somebody asked for a new password for your account. A new one ends its sessions and, unless you choose to keep them, its API tokens.",
      ],
      button: { label: "Set a new password", url: page(ctx, "reset-password", proof.token) },
      note: "The link holds for thirty minutes and once. If it was not you, do nothing: your password stays.",
    });
  },
});

/** Proves the address that an account is to have. */
export const changeEmailLetter = defineLetter({
  name: "change-email",
  input: proofInput,
  essential: true,
  async compose(ctx, { proofId }) {
    const proof = await readMailProof(ctx, proofId);
    if (!proof) return null;
    return letter(proof.email, {
      subject: "Confirm your new address",
      paragraphs: ["An account is to have this address from now on. Confirm that it is yours."],
      button: { label: "Confirm the address", url: page(ctx, "confirm-email", proof.token) },
      note: "The link holds for an hour. If it was not you, do nothing.",
    });
  },
});

const accountStatement = statement(
  "letter.account",
  `select u.email, case when u.email_verified_at is null then '' else u.name end as name
  from auth.users u where u.id = $1 and u.disabled_at is null and u.kind = 'person'`,
);
const accountOf = async (ctx: PublicCtx, userId: string) =>
  (await ctx.sql.query<{ email: string; name: string }>(accountStatement, [userId]))[0] ?? null;

/** For who registers anew, or somebody who tries their address. */
export const accountExistsLetter = defineLetter({
  name: "account-exists",
  input: z.strictObject({ userId: z.uuid() }),
  essential: true,
  async compose(ctx, { userId }) {
    const account = await accountOf(ctx, userId);
    if (!account) return null;
    return letter(account.email, {
      subject: "You have an account already",
      paragraphs: [
        "Somebody tried to use this address for an account, and it has one. If it was you, sign in.",
        "If you have forgotten the password, ask for a new one where you sign in.",
      ],
      note: "If it was not you, do nothing: nobody was told that you have an account.",
    });
  },
});

/** What has happened to an account that its owner should know of, even if it was somebody else. */
const notices = {
  "password-changed": [
    "Your password was changed",
    "All other sessions of your account were ended. API tokens, if you have any, go on working.",
  ],
  "password-and-tokens": ["Your password was changed", "All other sessions and API tokens of your account were ended."],
  "identity-linked": ["There is a new way to sign in", "Another identity can sign in to your account now."],
  "two-factor-enabled": ["The second factor is on", "Signing in takes a code of your authenticator app now."],
  "two-factor-disabled": ["The second factor is off", "Signing in takes no code any more."],
  "recovery-code-used": ["A recovery code was used", "Somebody signed in with it instead of a code of your app."],
} as const satisfies Record<string, readonly [string, string]>;
type Notice = keyof typeof notices;

export const noticeLetter = defineLetter({
  name: "account-notice",
  input: z.strictObject({ userId: z.uuid(), about: z.enum(Object.keys(notices) as [Notice, ...Notice[]]) }),
  essential: true,
  async compose(ctx, { userId, about }) {
    const account = await accountOf(ctx, userId);
    if (!account) return null;
    const [subject, what] = notices[about];
    const note = "If it was not you, set a new password at once, and look at what can sign in to your account.";
    return letter(account.email, { subject, paragraphs: [what], note }, account.name);
  },
});

/** Goes to the address that the account had. */
export const addressChangedLetter = defineLetter({
  name: "address-changed",
  input: z.strictObject({ userId: z.uuid(), formerAddress: z.string() }),
  essential: true,
  async compose(ctx, { userId, formerAddress }) {
    const account = await accountOf(ctx, userId);
    if (!account) return null;
    return letter(formerAddress, {
      subject: "Your account has another address",
      paragraphs: ["Your account is no longer at this address. Letters go to the new one from now on."],
      note: "If it was not you, tell whoever runs this server.",
    });
  },
});
