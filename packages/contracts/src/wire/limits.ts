/**
 * Limits: what one connection may ask of a server. Every number has a reason, every refusal a
 * typed error or a close code. `welcome` tells them to the client, which queues what exceeds
 * them. PROTOCOL.md §8.
 */
import { defaultToldLimits } from "./told-limits.js";
export interface Limits {
  /**
   * The largest frame, in bytes, either way. A larger one closes with 1009; a larger result
   * fails with `PAYLOAD_TOO_LARGE`.
   *
   * One MiB takes a page of a thousand rows and holds one parse to a few milliseconds.
   * @default 1_048_576
   */
  readonly maxFrameBytes: number;
  /**
   * Queries and mutations running at once on one connection; one more gets `TOO_MANY_CALLS`.
   *
   * @default 64
   */
  readonly maxCallsInFlight: number;
  /**
   * Queries and mutations running at once for one principal, over all its connections to this
   * process; one more gets `TOO_MANY_CALLS`.
   *
   * Eight connections' worth: a handful of tabs at full load.
   * @default 512
   */
  readonly maxCallsPerPrincipal: number;
  /**
   * Subscriptions open at once on one connection; one more gets `TOO_MANY_CALLS`.
   *
   * @default 256
   */
  readonly maxSubscriptions: number;
  /**
   * Messages a second that a connection may send for long; beyond it they get `RATE_LIMITED`.
   *
   * @default 1_000
   */
  readonly messagesPerSecond: number;
  /**
   * Messages a connection may send at once after a pause: a page that opens asks much.
   *
   * @default 2_000
   */
  readonly messageBurst: number;
  /**
   * Bytes waiting to be sent on one connection. Above it, generators are not asked for more and
   * nothing more is read from the client. In a session what is not acknowledged counts, so little room
   * means many acknowledgements: one for each sixteenth of it. Below 2 KiB they may come once a second only.
   *
   * @default 1_048_576
   */
  readonly maxOutboxBytes: number;
  /**
   * Levels of nesting in a message. Real inputs have a dozen; recursion in user code fails at
   * some thousands.
   *
   * @default 64
   */
  readonly maxJsonDepth: number;
  /**
   * Values in a message (numbers, strings, objects, …): small bytes can be many values.
   *
   * @default 100_000
   */
  readonly maxJsonNodes: number;
  /**
   * The longest path of a procedure, in characters.
   *
   * @default 256
   */
  readonly maxPathLength: number;
  /**
   * Time a new connection has for its first frame, in milliseconds; then it is closed with
   * 4002. Only where a first frame is due: PROTOCOL.md §3.
   *
   * @default 5_000
   */
  readonly helloTimeoutMs: number;
}

/** The limits of a server that sets none. */
export const defaultLimits: Limits = {
  ...defaultToldLimits,
  maxCallsPerPrincipal: 512,
  maxOutboxBytes: 1_048_576,
  maxJsonDepth: 64,
  maxJsonNodes: 100_000,
  maxPathLength: 256,
  helloTimeoutMs: 5_000,
};

/**
 * Fills in the defaults.
 *
 * @throws RangeError when a limit is not a number above 0.
 */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  const resolved: Limits = { ...defaultLimits, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!(typeof value === "number" && value > 0)) {
      throw new RangeError(`Cannot use ${String(value)} for ${name}: it must be a number above 0`);
    }
  }
  return resolved;
}

/** The part of the limits that a client has to know, as `welcome` tells them. */
export type ToldLimits = Pick<
  Limits,
  "maxFrameBytes" | "maxCallsInFlight" | "maxSubscriptions" | "messagesPerSecond" | "messageBurst"
>;
