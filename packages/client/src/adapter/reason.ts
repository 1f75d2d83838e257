/** The reason of a close frame: no socket takes a longer one, and some throw it back. */

// 125 bytes are what a control frame holds, and two of them are the code. RFC 6455 §5.5
const mostBytes = 123;

/** Cuts a reason to what a close frame holds, between two characters. */
export function cutReason(reason = ""): string {
  return reason.slice(0, new TextEncoder().encodeInto(reason, new Uint8Array(mostBytes)).read);
}
