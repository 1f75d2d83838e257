/**
 * OpenTelemetry: calls made inside a span belong to its trace, on the server too. This file is the home of
 * `@opentelemetry/api`; as `@tautline/client/opentelemetry` it is loaded by those who ask for
 * it, and the peer is needed by nobody else.
 */
import { isSpanContextValid, trace } from "@opentelemetry/api";

/**
 * The span that is active now, as a W3C `traceparent`; `undefined` outside of any. Its trace goes
 * with the call also if it is not recorded: then the server knows not to record its part either.
 *
 * @example
 * ```ts
 * const api = createClient<typeof app>({ url: "/line", trace: activeTrace });
 * ```
 */
export function activeTrace(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, "0");
  return `00-${span.traceId}-${span.spanId}-${flags}`;
}
