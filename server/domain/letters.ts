import { z } from "zod";
import type { PublicCtx } from "../context.ts";
import { declareJob, enqueue } from "../platform/jobs.ts";
import type { Mailbox } from "../platform/mail-message.ts";

/** What one person is told by mail, as of the moment in which it is sent. */
export interface Letter {
  readonly to: Mailbox;
  readonly subject: string;
  /** `invitation` is `invitation.html.eta` and `invitation.text.eta`, in `server/templates/mail/`. */
  readonly template: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Letters of one key are one conversation in the person's mail program, if their subjects agree, too. */
  readonly thread?: string;
  /** The same key makes the same Message-ID: then it is the same letter. Default: one per job. */
  readonly messageKey?: string;
  /** An answer becomes a comment of this person. */
  readonly answerable?: Answerable;
  /** Where one click ends letters like this one (RFC 8058). */
  readonly unsubscribeUrl?: string;
}

/** A task, or a comment on one, and who may answer it by mail. */
export interface Answerable {
  readonly kind: "task" | "comment";
  readonly id: string;
  readonly userId: string;
}

export type LetterOutcome = "sent" | "skipped" | "failed";

/** A kind of letter. What it is composed of is read when it is sent, so the rights and the state of then count. */
export interface LetterDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** Ids, never secrets: inputs wait in a table. A token is derived when the letter is composed. */
  readonly input: Schema;
  /** Sent also to an address at which letters did not arrive: its person asked for it just now, or cannot do without. */
  readonly essential?: boolean;
  /** @returns null when it is no longer to be sent */
  compose(ctx: PublicCtx, input: z.output<Schema>): Promise<Letter | null>;
  /** Told what became of it; safe to repeat. */
  settle?(ctx: PublicCtx, input: z.output<Schema>, outcome: LetterOutcome, detail?: string): Promise<void>;
}

export function defineLetter<Schema extends z.ZodType>(definition: LetterDefinition<Schema>): LetterDefinition<Schema> {
  return definition;
}

/** Composes a letter and sends it. */
export const emailJob = declareJob({
  name: "email.send",
  input: z.strictObject({ letter: z.string(), input: z.record(z.string(), z.unknown()) }),
});

/**
 * Adds a letter to the transaction: it is sent if, and only if, that commits; once, but for a server that dies between
 * the mail server's answer and its own note of it: then the repeat has the same Message-ID.
 *
 * @param options.key while a letter of this key waits, no second one is added
 */
export function postLetter<Schema extends z.ZodType>(
  ctx: PublicCtx,
  letter: LetterDefinition<Schema>,
  input: z.input<Schema>,
  { key, ...options }: { runAt?: Date; key?: string } = {},
): void {
  letter.input.parse(input);
  const job = { letter: letter.name, input: input as Record<string, unknown> };
  enqueue(ctx, emailJob, job, key === undefined ? options : { ...options, key: `${letter.name}:${key}` });
}
