/**
 * The home of `@trpc/server`: every name Tautline's server uses of it passes through here, so
 * that an upgrade is a change to one file. Public names only.
 */
export {
  type AnyTRPCMiddlewareFunction,
  type AnyTRPCProcedure,
  type AnyTRPCRouter,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type inferRouterContext,
  initTRPC,
  isTrackedEnvelope,
  type TRPC_ERROR_CODE_KEY,
  TRPCError,
  type TRPCMiddlewareBuilder,
  type TRPCMiddlewareFunction,
  type TrackedEnvelope,
  tracked,
} from "@trpc/server";
export { getHTTPStatusCodeFromError, parseConnectionParamsFromUnknown } from "@trpc/server/http";
export { isObservable, observableToAsyncIterable } from "@trpc/server/observable";
export {
  parseTRPCMessage,
  TRPC_ERROR_CODES_BY_KEY,
} from "@trpc/server/rpc";
