/**
 * Close codes. 4000–4499: come back. 4500–4999: stay away. RFC 6455 §7.4.2 leaves 4000–4999 to
 * applications. PROTOCOL.md §7 has the same table.
 */
export const CloseCode = {
  /** The server is going away for a restart. Another answers, or the same one soon. */
  Draining: 4000,
  /** The peer was silent for longer than heartbeat and timeout. */
  HeartbeatTimeout: 4001,
  /** No hello arrived in time: the network may have been slow. */
  HelloTimeout: 4002,
  /** Too many messages, also after refusals. Come back later. */
  RateLimited: 4003,
  /** The client had nothing to do for its `idleMs`, and closed. */
  Idle: 4004,
  /** The server could not decide who the client is, for a reason of its own. */
  TryAgain: 4005,
  /** New credentials were asked for and did not come in time. Come back with them. */
  CredentialsExpired: 4006,
  /** A frame broke the protocol. The same client would break it again. */
  ProtocolError: 4500,
  /** The client speaks only versions that the server does not. */
  UnsupportedVersion: 4501,
  /** The credentials were refused. */
  Unauthenticated: 4502,
  /** The client was closed by its owner. */
  ClientClosed: 4503,
  /** Another socket has taken over the session: whoever held this one must not come back. */
  Replaced: 4504,
  /** The user's access was taken back. */
  Revoked: 4505,
} as const;

/** One of {@link CloseCode}. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

// RFC 6455 §7.4.1. These say that the peer could not make sense of what it got, so the same
// client would fail again. 1009 (too big) is not among them: it is one call's fault, and that
// call is failed rather than sent again.
const hopeless: ReadonlySet<number> = new Set([1002, 1003, 1007, 1010]);

/** Whether a client may connect again after this close code. */
export function mayReconnect(code: number): boolean {
  if (code >= 4000) return code < 4500;
  return !hopeless.has(code);
}

// A page that is left, and a client that has moved or has nothing to do, say so. RFC 6455 §7.4.1
const goodbyes: ReadonlySet<number> = new Set([1000, 1001, CloseCode.Idle]);

/**
 * Whether a session ends with a connection that ended so: nobody will come back for it, or what
 * broke the connection would break the next one. PROTOCOL.md §9.4
 */
export function endsSession(code: number): boolean {
  return goodbyes.has(code) || code === 1009 || !mayReconnect(code);
}
