import type { Ctx } from "../../context.ts";
import { derivedCheckedSecret, randomCheckedSecret } from "../../platform/checked-secrets.ts";
import { signingKeyPem } from "../../platform/signing-key.ts";

/**
 * A new secret that a mutation answers once. Sent again with the same `mutationId`, the mutation answers it again,
 * although it is kept nowhere: it follows from that id and the server's secret. Only the rest of the answer is stored.
 */
export function repeatableSecret({ app: { config }, actor, mutation }: Ctx, prefix: string): string {
  if (!mutation) return randomCheckedSecret(prefix);
  const secret = config.JWT_PRIVATE_KEY ?? signingKeyPem(config.DATA_DIR);
  return derivedCheckedSecret(prefix, secret, `secret:${prefix}:${actor.userId}:${mutation.id}`);
}
