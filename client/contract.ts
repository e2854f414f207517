import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput } from "@trpc/server";
import type { Position, PresenceFrame, PresenceState, TypingFrame } from "../realtime/contract.ts";
import type { AppRouter } from "../routers/index.ts";
import type { ChangeOf, ChangeType, EntityViews } from "../server/domain/events.ts";
import type { ErrorBody } from "../server/errors.ts";
import type { Change, Channel } from "../server/platform/feed.ts";

/**
 * All that the client's types know of the server, and nothing of how it is made. The published package carries this
 * one type written out (build.ts), so it needs none of the server's source.
 */
export interface Contract {
  procedures: ProceduresOf<AppRouter["_def"]["record"]>;
  /** The views of all entities, by name. */
  entities: EntityViews;
  /** The changes, by type. */
  changes: { [T in ChangeType]: ChangeOf<T> };
  /** Any change, also of a type that this client does not know yet. */
  change: Change;
  channel: Channel;
  /** Where a channel stands after a cursor. */
  position: Position;
  presence: PresenceFrame;
  presenceState: PresenceState;
  typing: TypingFrame;
  errorCode: ErrorBody["error"];
}

type ProceduresOf<Tree> = {
  [Name in keyof Tree]: Tree[Name] extends AnyTRPCProcedure
    ? {
        kind: Tree[Name]["_def"]["type"];
        input: inferProcedureInput<Tree[Name]>;
        output: inferProcedureOutput<Tree[Name]>;
      }
    : ProceduresOf<Tree[Name]>;
};
