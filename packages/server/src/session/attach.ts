/**
 * Attach: whether a client that comes back gets the session it asks for. Pure, so that the policy
 * is one table of tests, and the explorer of the protocol runs the same lines. PROTOCOL.md §9.4
 */
import { timingSafeEqual } from "node:crypto";
import type { SessionToResume } from "@tautline/contracts/wire";

/** Why a session is not resumed. Told to the log, never to who asked: that would help to guess. */
export type AttachRefusal = "unknown" | "secret" | "principal" | "counts";

/** What is known of the session that was asked for. */
export interface AttachableSession {
  readonly secret: string;
  /** `undefined` for nobody in particular. */
  readonly userId: string | undefined;
  /** How many messages the client may say it has heard. */
  readonly said: number;
}

/**
 * Decides whether `session` is resumed.
 *
 * @param userId Who the client is now: credentials are checked each time.
 * @returns why not; nothing if it is.
 */
export function refusalToAttach(
  session: AttachableSession | undefined,
  asked: Pick<SessionToResume, "secret" | "received">,
  userId: string | undefined,
): AttachRefusal | undefined {
  if (session === undefined) return "unknown";
  if (!isSame(session.secret, asked.secret)) return "secret";
  if (session.userId !== userId) return "principal";
  // Fewer than were acknowledged are no lie: while it moves, a client hears on two sockets.
  if (asked.received > session.said) return "counts";
  return undefined;
}

// In a time that does not tell how much of it was right.
function isSame(secret: string, asked: string): boolean {
  const [a, b] = [Buffer.from(secret), Buffer.from(asked)];
  return a.length === b.length && timingSafeEqual(a, b);
}
