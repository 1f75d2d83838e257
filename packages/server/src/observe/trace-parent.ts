/**
 * The trace a request belongs to, as it travels: a `traceparent` of the W3C's Trace Context.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */

/** The span that a request was made in. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Bit 0: the caller records the trace. */
  readonly traceFlags: number;
}

// Four fields, in lower case (§3.2.2). What a later version adds stands behind another dash.
const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/s;
// Longer than any version in sight: what a stranger sends is not searched for ever.
const maxLength = 512;

/**
 * Reads a `traceparent`. `undefined` for anything else: by §4.3 such a request begins a trace of
 * its own, and is served like any other.
 */
export function readTraceParent(text: unknown): TraceParent | undefined {
  if (typeof text !== "string" || text.length > maxLength) return undefined;
  const [, version = "", traceId = "", spanId = "", flags = ""] = shape.exec(text) ?? [];
  if (version === "" || version === "ff") return undefined;
  if (version === "00" && text.length !== 55) return undefined; // of this one we know all there is
  if (isZero(traceId) || isZero(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

// §3.2.2.3 and §3.2.2.4: all zeroes stands for none.
function isZero(id: string) {
  return /^0+$/.test(id);
}
