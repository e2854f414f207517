import type { KeptJson } from "./kept-json.ts";

/** What is known of an answer before anybody serialises it. */
export interface Ready {
  /** Names the answer among all answers: whoever holds one of this name holds this one. */
  readonly validator: string;
  /** The answer's JSON; null: the caller holds it already (`Origin.holds`), and the answer itself is empty. */
  readonly json: KeptJson | null;
}

const ready = new WeakMap<object, Ready>();

/** Tells edges that speak JSON what they need not make; to everybody else the answer is a value like any other. */
export function markReady<Answer extends object>(answer: Answer, what: Ready): Answer {
  ready.set(answer, what);
  return answer;
}

export const readyOf = (answer: unknown): Ready | undefined =>
  typeof answer === "object" && answer !== null ? ready.get(answer) : undefined;
