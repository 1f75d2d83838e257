/**
 * Close codes. 4000–4499: come back. 4500–4999: stay away. RFC 6455 §7.4.2 leaves 4000–4999 to
 * applications. PROTOCOL.md §7 has the same table.
 *
 * A module of constants, so that a bundle holds the numbers it uses and no names.
 */

/** The server is going away for a restart. Another answers, or the same one soon. */
export const Draining = 4000;
/** The peer was silent for longer than heartbeat and timeout. */
export const HeartbeatTimeout = 4001;
/** No hello arrived in time: the network may have been slow. */
export const HelloTimeout = 4002;
/** Too many messages, also after refusals. Come back later. */
export const RateLimited = 4003;
/** The client had nothing to do for its `idleMs`, and closed. */
export const Idle = 4004;
/** The server could not decide who the client is, for a reason of its own. */
export const TryAgain = 4005;
/** New credentials were asked for and did not come in time. Come back with them. */
export const CredentialsExpired = 4006;
/** A frame broke the protocol. The same client would break it again. */
export const ProtocolError = 4500;
/** The client speaks only versions that the server does not. */
export const UnsupportedVersion = 4501;
/** The credentials were refused. */
export const Unauthenticated = 4502;
/** The client was closed by its owner. */
export const ClientClosed = 4503;
/** Another socket has taken over the session: whoever held this one must not come back. */
export const Replaced = 4504;
/** The user's access was taken back. */
export const Revoked = 4505;
