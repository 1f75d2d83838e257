/** Welcome: what a server tells each client of itself, once it is known. PROTOCOL.md §3.2 */
import type { Fingerprint } from "@tautline/contracts";
import type { HeartbeatOptions } from "@tautline/contracts/runtime";
import { type Limits, protocolVersion, type Welcome } from "@tautline/contracts/wire";

/** The message, which is the same for all clients of a server. */
export function welcomeText(
  limits: Limits,
  heartbeat: Required<HeartbeatOptions>,
  reconnectWindowMs: number,
  contract: Fingerprint | undefined,
): string {
  return toldText({
    method: "welcome",
    version: protocolVersion,
    limits: {
      maxFrameBytes: limits.maxFrameBytes,
      maxCallsInFlight: limits.maxCallsInFlight,
      maxSubscriptions: limits.maxSubscriptions,
      messagesPerSecond: limits.messagesPerSecond,
      messageBurst: limits.messageBurst,
    },
    heartbeat,
    reconnectWindowMs,
    ...(contract && { contract: contract.hash, revision: contract.revision }),
  } satisfies Welcome);
}

/**
 * The JSON of what a client is told. A limit that is switched off is infinite, which JSON writes as
 * null, and null as a number is 0: the client would take it that nothing is allowed.
 */
export function toldText(told: object): string {
  return JSON.stringify(told, (_name, value) =>
    value === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : value,
  );
}
