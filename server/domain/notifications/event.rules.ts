import type { ChangeOf, ChangeType } from "../events.ts";
import type { NotificationEvent } from "./event.matrix.ts";
import type { Recipient } from "./find-recipients.ts";

/** What a fact is about; the rest is read when people are told. */
export interface Subject {
  /** What acts on it are gathered by. */
  readonly id: string;
  readonly taskId?: string;
  readonly commentId?: string;
  /** Where it is about no task. */
  readonly projectId?: string;
  /** Where it is about no project either. */
  readonly organizationId?: string;
  readonly invitationId?: string;
  readonly timesheetId?: string;
}

/** Of people around a subject. */
export type Group = "named" | "followers" | "thread" | "listeners" | "invitee" | "sheetOwner" | "approvers";

/** The old values of what a change patched. */
export type Before = Readonly<Record<string, unknown>>;

/** A group of people around a subject, and the event that a change is to them. */
export interface Way<Change = unknown> {
  readonly event: NotificationEvent;
  /**
   * `named` by the change itself · `followers` of the task · who took part in the `thread` · `listeners` to all of the
   * project · the `invitee`, by address · the timesheet's `sheetOwner` and its `approvers`
   */
  readonly to: Group;
  /** Of `named`: who. Asked first without `before` (and may then answer too many), and once more with it. */
  readonly people?: (change: Change, before: Before | null) => readonly string[];
  /** Whether the change says that at all; default yes. */
  readonly when?: (change: Change) => boolean;
  /** Whether it says that to this person; default yes. */
  readonly unless?: (change: Change, person: Recipient) => boolean;
}

/** What a change of one type means to people. Of several ways, the first one that reaches somebody counts. */
export interface Rule {
  readonly on: { readonly type: ChangeType };
  readonly about: (change: never) => Subject;
  readonly ways: readonly Way<never>[];
  readonly details?: (change: never, before: Before | null, statusNames: Readonly<Record<string, string>>) => Details;
}
export type Details = Record<string, string>;

/** A line of the catalogue. */
export function rule<T extends ChangeType>(
  on: { readonly type: T },
  about: (change: ChangeOf<T>) => Subject,
  ways: readonly Way<ChangeOf<T>>[],
  details?: (change: ChangeOf<T>, before: Before | null, statusNames: Readonly<Record<string, string>>) => Details,
): Rule {
  return { on, about, ways, ...(details ? { details } : {}) } as Rule;
}
