import type { z } from "zod";
import type { PublicCtx } from "../../context.ts";
import { PermanentFailure } from "../../platform/jobs.ts";
import { type Mailer, MailRefused, type OutgoingMail } from "../../platform/mail-message.ts";
import { statement } from "../../platform/sql.ts";
import type { emailJob, Letter, LetterDefinition, LetterOutcome } from "../letters.ts";
import { letterCode, messageIdOf, threadIdOf } from "./letter.code.ts";
import { replyAddress, replyLine } from "./reply-address.ts";
import { suppressAddress } from "./suppressed-address.ts";

/* Before it leaves: whoever reads 'sending' later knows that it may have left. A suppressed one waits for nothing. */
const claimStatement = statement(
  "letter.claim",
  `insert into notifications.sent_letters as l (code, letter, address, state)
  values ($1, $2, lower($3), case when not $4 and exists (
    select from notifications.suppressed_addresses s where s.address = lower($3)) then 'suppressed' else 'sending' end)
  on conflict (code) do update set attempts = l.attempts + 1,
    state = case when l.state in ('sent', 'refused') then l.state else excluded.state end
  returning state`,
);
const settleStatement = statement(
  "letter.settle",
  `update notifications.sent_letters set state = $2, detail = left($3, 300), sent_at = case when $2 = 'sent' then now() end where code = $1`,
);

interface Run {
  readonly jobId: string;
  /** No attempt follows this one. */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
}

/**
 * Composes a letter and hands it to the mail server, unless it was handed over before, is no longer to be sent, or its
 * address takes none.
 *
 * @throws PermanentFailure when it will never be taken | Error when it may be later
 */
export async function sendLetter(
  ctx: PublicCtx,
  letters: readonly LetterDefinition[],
  job: z.output<typeof emailJob.input>,
  run: Run,
): Promise<void> {
  const definition = letters.find(({ name }) => name === job.letter);
  if (!definition) throw new PermanentFailure(`There is no letter called ${job.letter}`);
  const input = definition.input.parse(job.input);
  const settle = async (outcome: LetterOutcome, detail?: string) => definition.settle?.(ctx, input, outcome, detail);

  const { mailer } = ctx.app;
  if (!mailer) return settle("skipped", "no mail goes out: SMTP_URL is not set");
  const letter = await definition.compose(ctx, input);
  if (!letter) return settle("skipped");
  if (leadsNowhere(letter.to.address)) return settle("skipped", "no mail can reach this address");
  const code = letterCode(ctx.app.config, letter.messageKey ?? run.jobId);
  const [claim] = await ctx.sql.query<{ state: string }>(claimStatement, [
    code,
    definition.name,
    letter.to.address,
    definition.essential ?? false,
  ]);
  if (claim?.state === "sent") return settle("sent"); // all but this note was done
  if (claim?.state === "suppressed") return settle("skipped", "mail to this address is suppressed");
  try {
    await handOver(ctx, mailer, letter, code, run.signal);
  } catch (error) {
    if (error instanceof MailRefused || run.isLast) await settle("failed", (error as Error).message);
    throw error instanceof MailRefused ? new PermanentFailure(error.message, { cause: error }) : error;
  }
  await settle("sent");
}

/** Programs' accounts have such addresses (RFC 2606 §2), and somebody may invite one. */
const leadsNowhere = (address: string) => /[@.]invalid$/i.test(address);

async function handOver(
  ctx: PublicCtx,
  mailer: Mailer,
  letter: Letter,
  code: string,
  signal: AbortSignal,
): Promise<void> {
  const note = (state: "sent" | "refused", detail: string | null) =>
    ctx.sql.query(settleStatement, [code, state, detail]);
  try {
    await mailer.send(messageOf(ctx, letter, code), signal);
  } catch (error) {
    if (error instanceof MailRefused) {
      await note("refused", error.message);
      if (error.isAddressDead) await suppressAddress(ctx, letter.to.address, "bounce", error.message);
    }
    throw error;
  }
  await note("sent", null);
}

/** A letter as it leaves. */
function messageOf({ app }: PublicCtx, letter: Letter, code: string): OutgoingMail {
  const { config } = app;
  const { MAIL_REPLY_DOMAIN: domain } = config;
  const { to, subject, template, data, thread, answerable, unsubscribeUrl } = letter;
  const replyTo = domain && answerable ? replyAddress(config, domain, answerable) : null;
  const content = app.mailTemplates.render(template, {
    ...data,
    subject,
    person: to,
    product: { name: "Taskwire", url: config.publicUrl },
    canReply: replyTo !== null,
    replyLine,
    unsubscribeUrl: unsubscribeUrl ?? null,
  });
  return {
    messageId: messageIdOf(config, code),
    to,
    subject,
    ...content,
    ...(replyTo ? { replyTo: { name: "Taskwire", address: replyTo } } : {}),
    ...(domain ? { returnPath: `bounce+${code}@${domain}` } : {}),
    ...(thread ? { references: [threadIdOf(config, thread, to.address)] } : {}),
    headers: {
      "Auto-Submitted": "auto-generated", // RFC 3834: nobody's machine answers it
      "X-Auto-Response-Suppress": "All",
      ...(unsubscribeUrl
        ? { "List-Unsubscribe": `<${unsubscribeUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
        : {}),
    },
  };
}
