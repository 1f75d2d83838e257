/**
 * The client. First the names for applications, then those for authors of adapters and tests.
 */
export {
  type AppErrorCode,
  appErrorOf,
  isDeclared,
  mayRetry,
} from "@tautline/contracts";
export type { HeartbeatOptions } from "@tautline/contracts/runtime";
export { type ClientOptions, connectionOf, createClient } from "./client.js";
export type { AddressOptions, Given } from "./connection/address.js";
export type { Connection, ConnectionStats } from "./connection/face.js";
export type { ConnectionState } from "./connection/state.js";
export { link } from "./link.js";
export type {
  CallError,
  CallOptions,
  Client,
  EventIterator,
  MutationCall,
  QueryCall,
  SubscribeCallbacks,
  SubscribeOptions,
  SubscriptionCall,
  SubscriptionConnectionState,
  Unsubscribable,
} from "./proxy-types.js";
export { safe } from "./safe.js";
export type { DataTransformer, Transformer } from "./transformer.js";
export { type CallErrorClass, type CallPromise, type SafeResult, TRPCClientError } from "./trpc.js";
export { type ContractUse, type KnownContract, withContract } from "./with-contract.js";
