import type { AppError } from "../server/errors.ts";
import type { Connection } from "./connection.ts";
import type { Position } from "./contract.ts";

/** Somebody wants to know what a channel holds after a cursor. */
export interface Ask {
  readonly connection: Connection;
  /** The last change they have; null: nothing of the past is wanted. */
  readonly since: number | null;
  readonly epoch?: string | undefined;
  /** Whether they must be among the readers; who is listening already need not. */
  readonly check: boolean;
  /** Access was taken while the check was under way. */
  doubtful?: boolean;
  withdrawn?: boolean;
  /** Called in the very moment in which the position holds, so that what comes next can be listened to without a gap. */
  settle(position: Position): void;
  refuse(error: AppError): void;
}
