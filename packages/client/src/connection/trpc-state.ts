/** The state of the connection in tRPC's words, for callbacks and links that expect those. */
import { CallFailure } from "../call/call-error.js";
import type { CallError, SubscriptionConnectionState } from "../proxy-types.js";
import type { ConnectionState } from "./state.js";

/** tRPC knows three states: `idle`, `connecting` after whatever error, and `pending` when open. */
export function toTRPCState(state: ConnectionState): SubscriptionConnectionState<any> {
  const { name } = state;
  const isLost = name === "waiting" || name === "resuming";
  const error = isLost ? new CallFailure(`Connection lost: ${state.reason || state.code}`) : null;
  return {
    type: "state",
    state: name === "open" ? "pending" : isLost || name === "connecting" ? "connecting" : "idle",
    error: error as CallError<any> | null,
  } as SubscriptionConnectionState<any>;
}
