/**
 * Whether a status (RFC 3463) or a reply to RCPT TO says that nothing will ever arrive at an address: there is no such
 * mailbox or domain, or it was closed. A full mailbox, a policy or a suspicion of spam passes.
 */
export function saysAddressIsDead(response: string, replyCode?: number): boolean {
  const status = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  if (status) return /^5\.(0\.0|1\.(0|1|2|3|6|10)|2\.[01])$/.test(status);
  return replyCode !== undefined && [550, 551, 553].includes(replyCode);
}
