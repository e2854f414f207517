export type { Api } from "./api.ts";
export { errorOf, TaskwireError, type TaskwireErrorCode } from "./errors.ts";
export type { Status } from "./follow-channel.ts";
export { type KeepTokensOptions, keepTokens, type Tokens } from "./keep-tokens.ts";
export type { LiveEvents, LiveState, LiveStore } from "./live-store.ts";
export { applyChange, applyChanges, type Effect, type Entities, entitiesOf } from "./reducer.ts";
export { createTaskwire, type Taskwire, type TaskwireOptions } from "./taskwire.ts";
export type { GetToken } from "./token.ts";
export type {
  AnyChange,
  AppRouter,
  Change,
  ChangeOf,
  ChangeType,
  Channel,
  EntityName,
  EntityViews,
  ErrorCode,
  Inputs,
  Outputs,
  Presence,
  PresenceState,
  PresentMember,
  Typing,
} from "./types.ts";
