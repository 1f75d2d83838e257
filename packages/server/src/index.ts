/**
 * A contract and its handlers become a WebSocket server. First the names for applications, then
 * those for authors of adapters and tests.
 */

// For authors of adapters and tests.
export type { HeartbeatOptions } from "@tautline/contracts/runtime";
export { decideUpgrade, type Origins, type UpgradeDecision } from "./adapter/upgrade.js";
export { lastEventIdOf } from "./call/last-event-id.js";
export type { AfterTurn } from "./connection/turn.js";
export type {
  Connection,
  CreateContext,
  OpeningRequest,
  Principal,
  RouterAccepting,
} from "./context.js";
export type { DrainOptions } from "./drain.js";
export type {
  Found,
  HandlerOptions,
  HandlersOf,
  LookedUp,
  Naming,
  Resumption,
  ServedCall,
} from "./handlers.js";
export { contractOf, type Implementation, implement } from "./implement.js";
export { onlyEvents } from "./observe/emit.js";
export type {
  CallOutcome,
  EventSink,
  EventType,
  RepeatOutcome,
  ResumeRefusal,
  ServerEvent,
  ServerEvents,
  SessionEnd,
} from "./observe/events.js";
export { type LogEventsOptions, logEvents } from "./observe/log-events.js";
export type { Logger, LogLevel, LogMethod } from "./observe/logger.js";
export type { Metrics } from "./observe/metrics.js";
export type { CallSpan, Settlement, TracedCall, Tracing } from "./observe/tracing.js";
export type { Authenticate, ErrorReport, ServerOptions } from "./options.js";
export {
  type AttachOptions,
  createServer,
  type SocketRequest,
  type TautlineServer,
} from "./server.js";
export {
  createMemoryRequestStore,
  type MemoryRequestStoreOptions,
} from "./session/requests/memory-store.js";
export type {
  Answer,
  Creation,
  RequestDraft,
  RequestId,
  RequestRecord,
  RequestStore,
  RequestStoreCaps,
  Settling,
  TakeOver,
} from "./session/requests/store.js";
export type { SessionOptions } from "./session/sessions.js";
export { transformer } from "./transformer.js";
export { TRPCError, tracked } from "./trpc.js";
