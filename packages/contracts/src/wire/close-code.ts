/** What a close code means for who was connected. PROTOCOL.md §7 */
import { Idle } from "./close-codes.js";

export * as CloseCode from "./close-codes.js";

// RFC 6455 §7.4.1. These say that the peer could not make sense of what it got, so the same
// client would fail again. 1009 (too big) is not among them: it is one call's fault, and that
// call is failed rather than sent again.
const hopeless = [1002, 1003, 1007, 1010];

/** Whether a client may connect again after this close code. */
export function mayReconnect(code: number): boolean {
  return code >= 4000 ? code < 4500 : !hopeless.includes(code);
}

// A page that is left, and a client that has moved or has nothing to do, say so. RFC 6455 §7.4.1
const goodbyes: readonly number[] = [1000, 1001, Idle];

/**
 * Whether a session ends with a connection that ended so: nobody will come back for it, or what
 * broke the connection would break the next one. PROTOCOL.md §9.4
 */
export function endsSession(code: number): boolean {
  return goodbyes.includes(code) || code === 1009 || !mayReconnect(code);
}
