import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from "@trpc/server";
import type { Contract } from "./contract.ts";

/**
 * `project:<id>`, `project-time:<id>`, `task:<id>`, `task-internal:<id>`, `organization:<id>`, `organization-admins:<id>`,
 * `organization-rates:<id>`, `timesheet:<id>`, `dashboard:<projectId>`, `dashboard-time:<projectId>` or `user:<id>`.
 */
export type Channel = Contract["channel"];
/** The views of all entities, by name. */
export type EntityViews = Contract["entities"];
export type EntityName = keyof EntityViews;

/** `task.moved` and all the others. */
export type ChangeType = keyof Contract["changes"];
/** A change of one type, with the patch typed as its entity's view. */
export type ChangeOf<T extends ChangeType> = Contract["changes"][T];
/** Any change, told apart by `type`. */
export type AnyChange = Contract["changes"][ChangeType];
/** Any change as it travels, also of a type that this client does not know yet. */
export type Change = Contract["change"];

export type Position = Contract["position"];
/** Somebody who shows themselves in a channel, with a small state of their own. */
export type PresentMember = Contract["presence"]["members"][number];
export type PresenceState = Contract["presenceState"];
/** Who is present: at most 200 of `total` are named. */
export type Presence = Omit<Contract["presence"], "channel">;
export type Typing = Omit<Contract["typing"], "channel">;
export type ErrorCode = Contract["errorCode"];

/** Everything in a channel as of `seq`. */
export interface Snapshot {
  epoch: string;
  seq: number;
  entities: { [E in EntityName]?: EntityViews[E][] };
}

interface ErrorShape {
  code: number;
  message: string;
  data: {
    code: string;
    httpStatus: number;
    path?: string;
    error: ErrorCode;
    message: string;
    details: Record<string, unknown>;
  };
}

type Def = { kind: string; input: unknown; output: unknown };
type ProcedureFor<P extends Def> = P["kind"] extends "query"
  ? TRPCQueryProcedure<{ input: P["input"]; output: P["output"]; meta: object }>
  : TRPCMutationProcedure<{ input: P["input"]; output: P["output"]; meta: object }>;
type RecordFor<Tree> = {
  [Name in keyof Tree]: Tree[Name] extends Def ? ProcedureFor<Tree[Name]> : RecordFor<Tree[Name]>;
};

/** The server's router, as far as a client can call it: for `createTRPCClient`, TanStack Query's bindings and the like. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  RecordFor<Contract["procedures"]>
>;

type Part<Tree, Key extends keyof Def> = {
  [Name in keyof Tree]: Tree[Name] extends Def ? Tree[Name][Key] : Part<Tree[Name], Key>;
};
/** What each procedure takes: `Inputs["tasks"]["move"]`. */
export type Inputs = Part<Contract["procedures"], "input">;
/** What each procedure answers: `Outputs["tasks"]["get"]`. */
export type Outputs = Part<Contract["procedures"], "output">;
