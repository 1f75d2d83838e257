/**
 * OpenTelemetry: a span for each call, in the trace that the client's request names. This file is
 * the home of `@opentelemetry/api`; as `@tautline/server/opentelemetry` it is loaded by those
 * who ask for it, and the peer is needed by nobody else.
 *
 * Names and attributes are those of the semantic conventions for RPC, in their release candidate:
 * `rpc.method` is the whole path, and there is no `rpc.service` any more.
 * https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 */
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { isUndeclared } from "../errors.js";
import { getHTTPStatusCodeFromError, type TRPCError } from "../trpc.js";
import { readTraceParent } from "./trace-parent.js";
import type { CallSpan, Settlement, TracedCall, Tracing } from "./tracing.js";
import { failureOf } from "./watch.js";

export type { CallSpan, Settlement, TracedCall, Tracing } from "./tracing.js";

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /**
   * Where spans go.
   *
   * @default the global one, as an SDK registers it; also one that is registered later
   */
  readonly tracerProvider?: TracerProvider;
  /**
   * Whether a client's `trace` is the parent of its calls' spans. `false` begins a new trace for each
   * call: a stranger may name any trace, and have it recorded by setting a bit.
   *
   * @default true
   */
  readonly trustClients?: boolean;
}

/**
 * Makes what puts calls into traces. The handler runs in its call's span, so that spans of its
 * database or its own calls are children of it; that needs the context manager of an SDK.
 *
 * @example
 * ```ts
 * const server = createServer({ router, tracing: openTelemetry() });
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Tracing {
  const { tracerProvider = trace, trustClients = true } = options;
  const tracer = tracerProvider.getTracer("@tautline/server");
  return { start: (call) => startSpan(tracer, call, trustClients) };
}

function startSpan(tracer: Tracer, call: TracedCall, trustClients: boolean): CallSpan {
  const { kind, path, known } = call;
  // Not the active context: that is what was active when the socket was opened, some hours ago.
  const parent = trustClients ? parentOf(call.trace) : ROOT_CONTEXT;
  const attributes: Attributes = {
    "rpc.system.name": "tautline",
    "rpc.method": known ? path : "_OTHER",
    "tautline.procedure.kind": kind,
  };
  if (!known) attributes["rpc.method_original"] = path;
  const name = known ? path : "tautline";
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  const inside = trace.setSpan(parent, span);
  return {
    run: (invoke) => context.with(inside, invoke),
    follow: (events) => within(inside, events),
    end: (settlement) => endSpan(span, kind, settlement),
  };
}

function parentOf(text: unknown): Context {
  const remote = readTraceParent(text);
  if (remote === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true });
}

/** Whatever is done to the iterator is done in `inside`: each step of a generator runs anew. */
function within(inside: Context, events: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = context.with(inside, () => events[Symbol.asyncIterator]());
      return {
        next: () => context.with(inside, () => iterator.next()),
        // Only if there is one: nobody should be told that an iterator can be ended that can not.
        ...(iterator.return && {
          return: () => context.with(inside, () => iterator.return!()),
        }),
      };
    },
  };
}

function endSpan(span: Span, kind: TracedCall["kind"], { outcome, error, events }: Settlement) {
  if (kind === "subscription") span.setAttribute("tautline.subscription.events", events);
  const status = statusOf(error);
  span.setAttribute("rpc.response.status_code", status);
  if (error !== undefined && isOurFault(error, outcome)) {
    span.setAttribute("error.type", status);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    if (isUndeclared(error)) span.recordException(error.cause ?? error);
  }
  span.end();
}

function statusOf(error: TRPCError | undefined): string {
  if (error === undefined) return "OK";
  const { code, appCode } = failureOf(error);
  return appCode ?? code;
}

/**
 * What counts as an error of this server, as in the conventions for gRPC and HTTP: a declared error,
 * a refused input or a caller who gave up is an answer like any other.
 */
function isOurFault(error: TRPCError, outcome: Settlement["outcome"]) {
  if (outcome === "deadline") return true;
  return outcome === "failed" && getHTTPStatusCodeFromError(error) >= 500;
}
