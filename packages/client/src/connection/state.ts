/**
 * Where a connection stands, and what follows a closed socket. The policy is one pure function,
 * so all of it fits one table of tests. PROTOCOL.md §7
 */
import { mayReconnect, type ToldLimits } from "@tautline/contracts/wire";

/** Where a connection stands. */
export type ConnectionState =
  /** Nothing was asked yet, or it closed because it had nothing to do. The next call connects. */
  | { readonly name: "idle" }
  /** A socket is being opened. `attempt` counts those that failed since it last stood firm. */
  | { readonly name: "connecting"; readonly attempt: number }
  /** Calls go out at once. The contract's hash and revision are there if the server told them. */
  | {
      readonly name: "open";
      readonly limits: ToldLimits;
      readonly contract: string | undefined;
      readonly revision: number | undefined;
    }
  /** The socket was lost for `code` and `reason`; the next attempt starts after `delayMs`. */
  | {
      readonly name: "waiting";
      readonly attempt: number;
      readonly delayMs: number;
      readonly code: number;
      readonly reason: string;
    }
  /**
   * As `waiting`, or connecting after that, while the session may still be resumed: nothing is
   * lost, and what is under way goes on once a socket is there. PROTOCOL.md §9.4
   */
  | {
      readonly name: "resuming";
      readonly attempt: number;
      readonly delayMs: number;
      readonly code: number;
      readonly reason: string;
    }
  /** Closed by its owner, or told to stay away. Calls fail until `connect()` or `reconnect()`. */
  | { readonly name: "closed"; readonly code: number; readonly reason: string };

/** What is drawn from when a socket was lost. */
export interface BackoffOptions {
  /** The first delay is drawn from 0 to this, in milliseconds; each further one from twice it. */
  readonly windowMs: number;
  /** No delay is drawn from more than this, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Decides what follows a closed socket.
 *
 * @param end `strange` if it was closed from here, because the server sent what no server sends:
 * that may be a proxy's hiccup once, but not twice in a row.
 * @param attempt How many attempts have failed in a row before.
 * @param random A number from 0 up to 1, as `Math.random`.
 */
export function afterClose(
  { code, reason, strange }: { code: number; reason: string; strange?: boolean },
  attempt: number,
  { windowMs, maxMs }: BackoffOptions,
  random: () => number,
): ConnectionState & { readonly name: "waiting" | "closed" } {
  if (!mayReconnect(code) && !(strange && attempt === 0)) return { name: "closed", code, reason };
  // Full jitter, the first time too: after a restart, ten thousand clients must not return in
  // the same second. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
  // A server may tell a window of 0, but nobody may try again and again without a pause.
  const firstMs = attempt === 0 ? windowMs : Math.max(windowMs, 100);
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** attempt);
  return { name: "waiting", attempt: attempt + 1, delayMs: random() * ceilingMs, code, reason };
}
