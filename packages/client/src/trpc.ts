/**
 * The home of `@trpc/client`: what an upgrade of it can touch is imported here. Whoever imports
 * from here has tRPC in the bundle, and then its error class is the parent of ours, so that
 * `instanceof TRPCClientError` holds for every error of a call.
 */
import { TRPCClientError as Base } from "@trpc/client";
import { CallFailure } from "./call/call-error.js";

// A call, so that bundlers keep it for as long as the class is used, and only then.
function adopted<T extends typeof Base>(parent: T): T {
  Object.setPrototypeOf(CallFailure.prototype, parent.prototype);
  return parent;
}

/** tRPC's error class: every call of this client rejects with one. */
export const TRPCClientError = adopted(Base);

// What calls return, by names of ours. An exported function that returns a call has its type in a
// declaration file, and under pnpm an application without `@trpc/client` of its own could not name
// it there (TS2742, TS2883). Passed on as they are: aliases cost a fifth more types.
export type {
  SafeResult,
  TRPCClientError as CallErrorClass,
  TRPCPromise as CallPromise,
} from "@trpc/client";
